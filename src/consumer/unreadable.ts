// Messages that cannot be read: kept whole in the ledger, for a person to look at or for a later
// version to replay. What a newer Worker has written goes back to the queue, for that one to find.
import { callLedger } from '../ledger/client.ts';
import { type QuarantineRequest, UNREADABLE_MESSAGE_ENDPOINT } from '../ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS, NEWER_VERSION_RETRY_SECONDS } from '../limits.ts';
import { log } from '../log.ts';
import type { ConsumerDeps } from './deps.ts';
import type { Unreadable } from './sort-messages.ts';

/** Keeps messages that nobody could read, and acknowledges them only then. */
export async function keepUnreadable(unreadable: readonly Unreadable[], { env }: ConsumerDeps): Promise<void> {
  if (unreadable.length === 0) return;
  const kept = await callLedger(env, (ledger) => ledger.quarantine(unreadable.map(quarantineOf)));
  for (const { message, reason } of unreadable) {
    if (kept.ok) {
      log('event.dead', { messageId: message.id, reason }, 'error');
      message.ack();
    } else {
      log('event.deferred', { messageId: message.id, reason: 'ledger_unavailable', error: kept.failure }, 'error');
      message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
    }
  }
}

/** Sends back what a newer Worker has written: an old one runs beside it, or after a rollback. */
export function sendBackNewer(messages: readonly Message[], delaySeconds = NEWER_VERSION_RETRY_SECONDS): void {
  for (const message of messages) {
    log('event.deferred', { messageId: message.id, reason: 'message_version_newer', delaySeconds }, 'warn');
    message.retry({ delaySeconds });
  }
}

function quarantineOf({ message, reason }: Unreadable): QuarantineRequest {
  // Without a message to tell by: no genuine delivery may go untold because of it.
  return {
    id: `message:${message.id}`,
    type: 'unreadable',
    endpoint: UNREADABLE_MESSAGE_ENDPOINT,
    receivedAt: message.timestamp.getTime(),
    event: null,
    refusal: JSON.stringify({ reason, headers: {}, body: bytesOf(message.body).toBase64() }),
  };
}

/** A body's bytes, if it has any: a queue may hold what JSON cannot spell (a BigInt, a cycle). */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  let text: string;
  try {
    text = typeof body === 'string' ? body : String(JSON.stringify(body));
  } catch {
    text = `unprintable ${typeof body}`;
  }
  return new TextEncoder().encode(text);
}
