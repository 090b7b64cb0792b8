// Tells the destinations that an event has been given up, without its payload.
import { isConfidential } from '../event/confidential.ts';
import type { DestinationContext } from './context.ts';
import { detailsOf } from './message.ts';
import { type News, newsId, tellNews } from './notice.ts';
import { opsLink } from './ops-link.ts';

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
  const { id, type, endpoint, reason } = news;
  // The error of a handler that dealt with a secret link may quote it.
  const error = type !== undefined && isConfidential(type) ? undefined : news.error;
  return tellNews(context, PREFIX, {
    severity: 'critical',
    title: `Dead letter: ${type ?? 'unreadable message'}`,
    text: [`${id} could not be handled (${reason}).`, error].filter(Boolean).join('\n'),
    details: detailsOf('dead letter', endpoint && `endpoint ${endpoint}`, 'fix the cause, then replay it'),
    link: opsLink(context.env, news),
    type: 'dead_letter',
    id: newsId(PREFIX, news),
    data: { id, type, endpoint, reason, error },
  });
}
