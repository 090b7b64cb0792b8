// Tells the destinations that an event has been given up, without its payload.
import { isConfidential } from '../event/catalogue.ts';
import type { DestinationContext } from './context.ts';
import { detailsOf } from './message.ts';
import { type News, newsId, tellNews } from './notice.ts';
import { listLink, opsLink } from './ops-link.ts';

/** `type` is unknown for a message that nobody could read. */
export interface DeadLetterNews extends News {
  /** The last error, bounded and free of payload and secrets. */
  readonly error?: string | undefined;
}

const PREFIX = 'dead-letter:';

/**
 * Tells of a dead letter; resolves and throws as `tellNews` does. The destination may be the very
 * reason why the event died: a failure here must not keep the caller from storing the dead letter.
 */
export async function deadLetterNotice(context: DestinationContext, news: DeadLetterNews): Promise<number> {
  const { endpoint } = news;
  const { name, text, data } = wordsOf(news);
  return tellNews(context, PREFIX, {
    title: `Dead letter: ${name}`,
    text,
    details: detailsOf('dead letter', endpoint && `endpoint ${endpoint}`, 'fix the cause, then replay it'),
    link: opsLink(context.env, news),
    type: 'dead_letter',
    id: newsId(PREFIX, news),
    data,
  });
}

/** The same of several that died together: one message in place of many. */
export async function manyDeadNotice(context: DestinationContext, events: readonly DeadLetterNews[]): Promise<number> {
  const words = events.map(wordsOf);
  return tellNews(context, 'dead-letters:', {
    title: `Dead letters: ${events.length} events`,
    text: words.map(({ name, text }) => `${name}: ${text}`).join('\n'),
    details: detailsOf('dead letters', 'fix the cause, then replay them'),
    link: listLink(context.env, 'dead'),
    type: 'dead_letters',
    id: `${PREFIX}${crypto.randomUUID()}`,
    data: { events: words.map(({ data }) => data) },
  });
}

function wordsOf({ id, type, endpoint, reason, error: last }: DeadLetterNews) {
  // The error of a handler that dealt with a secret link may quote it.
  const error = type !== undefined && isConfidential(type) ? undefined : last;
  const text = [`${id} could not be handled (${reason}).`, error].filter(Boolean).join('\n');
  return { name: type ?? 'unreadable message', text, data: { id, type, endpoint, reason, error } };
}
