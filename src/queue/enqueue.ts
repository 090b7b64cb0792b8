// Hands a message to a queue and waits until the queue has it. Only then is an event safe.
import { SEND_TIMEOUT_MS } from '../limits.ts';
import { platformError } from '../log.ts';
import { fail, type Result, succeed } from '../result.ts';
import { withTimeout } from '../with-timeout.ts';

export interface SendFailure {
  readonly reason: 'queue_unavailable';
  /** The platform's own text, bounded. */
  readonly error: string;
}

/**
 * Sends one message, as `encodeMessage` wrote it, for delivery in `delaySeconds` at the earliest.
 * Success is durable. A time-out is a failure although the queue may still take the message: the
 * provider then sends it again, and the copy is known by its id.
 */
export async function enqueue(queue: Queue, text: string, delaySeconds = 0): Promise<Result<void, SendFailure>> {
  try {
    await withTimeout(queue.send(text, { contentType: 'text', delaySeconds }), SEND_TIMEOUT_MS);
    return succeed(undefined);
  } catch (error) {
    return fail({ reason: 'queue_unavailable', error: platformError(error) });
  }
}
