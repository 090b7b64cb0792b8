// Tells the destinations that an event has been given up, without its payload.
import { DEFAULT_ENDPOINT, eventKey } from '../endpoint.ts';
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { type ChatMessage, isConfidential, plainText } from './message.ts';
import { opsLink } from './ops-link.ts';

export interface DeadLetterNews {
  readonly id: string;
  /** Unknown for a message that nobody could read. */
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly reason: string;
  /** The last error, bounded and free of payload and secrets. */
  readonly error?: string | undefined;
}

/**
 * Tells every configured destination of a dead letter, with a link to its page if `OPS_URL` is set:
 * each once, provided that `context.once` belongs to the event. Its steps have names of their own,
 * apart from those of the event's handler.
 *
 * The destination may be the very reason why the event died: a failure here must not keep the
 * caller from storing the dead letter.
 *
 * @returns How many destinations are configured.
 * @throws as `notifyAll` does.
 */
export async function deadLetterNotice(context: DestinationContext, news: DeadLetterNews): Promise<number> {
  const { id, type, endpoint, reason } = news;
  // The error of a handler that dealt with a secret link may quote it.
  const error = type !== undefined && isConfidential(type) ? undefined : news.error;
  const created = new Date().toISOString();
  const message: ChatMessage = {
    severity: 'critical',
    title: plainText(`Dead letter: ${type ?? 'unreadable message'}`),
    text: plainText([`${id} could not be handled (${reason}).`, error].filter(Boolean).join('\n')),
    details: ['dead letter', endpoint && `endpoint ${endpoint}`, 'fix the cause, then replay it']
      .filter(Boolean)
      .join(' · '),
    link: opsLink(context.env, news),
    created,
    // It names the event, but not what the event says.
    confidential: false,
  };
  const key = `dead-letter:${eventKey(endpoint ?? DEFAULT_ENDPOINT, id)}`;
  const data = { id, type, endpoint, reason, error };
  return fanOut(context, message, { id: key, type: 'dead_letter', created, data }, 'dead-letter:');
}
