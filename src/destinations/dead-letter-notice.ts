// Tells the destinations that an event could not be handled, without its payload.
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { type ChatMessage, isConfidential, plainText } from './message.ts';

export interface DeadLetterNews {
  readonly id: string;
  /** Unknown for a message that nobody could read. */
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly reason: string;
  /** The last error, bounded and free of payload and secrets. */
  readonly error?: string | undefined;
  /** When it died, ISO 8601. */
  readonly at: string;
  /** The https page where it can be read and replayed. */
  readonly opsUrl?: string | undefined;
}

/**
 * Tells every configured destination of a dead letter: each once, provided that `context.once` belongs to the event.
 * Its steps have names of their own, so that they do not pass for those of the event's handler.
 *
 * The destination may be the very reason why the event died: whoever calls this must not let a failure hold up the
 * keeping of the letter.
 *
 * @returns How many destinations are configured.
 * @throws as `notifyAll` does.
 */
export async function deadLetterNotice(context: DestinationContext, news: DeadLetterNews): Promise<number> {
  const { id, type, endpoint, reason, at, opsUrl } = news;
  // An error of a handler that dealt with a secret link may quote it.
  const error = type !== undefined && isConfidential(type) ? undefined : news.error;
  const message: ChatMessage = {
    severity: 'critical',
    title: plainText(`Dead letter: ${type ?? 'unreadable message'}`),
    text: plainText([`${id} could not be handled (${reason}).`, error].filter(Boolean).join('\n')),
    details: ['dead letter', endpoint && `endpoint ${endpoint}`, 'replay it once the cause is gone']
      .filter(Boolean)
      .join(' · '),
    ...(opsUrl && { link: { label: 'Open the ops page', url: opsUrl } }),
    created: at,
    // It tells of the event, not what the event says.
    confidential: false,
  };
  const data = { id, type, endpoint, reason, error };
  return fanOut(context, message, { id: `dead-letter:${id}`, type: 'dead_letter', created: at, data }, 'dead-letter:');
}
