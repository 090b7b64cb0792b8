// Messages that cannot be read are kept in the ledger whole, for a person to look at: the queue's limit bounds them.
import { callLedger } from '../ledger/client.ts';
import type { QuarantineRequest } from '../ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS } from '../limits.ts';
import type { ConsumerDeps } from './deps.ts';

export interface Unreadable {
  readonly message: Message;
  readonly reason: string;
}

/** Keeps messages that nobody could read, and acknowledges them only then. */
export async function keepUnreadable(unreadable: readonly Unreadable[], deps: ConsumerDeps): Promise<void> {
  if (unreadable.length === 0) return;
  const kept = await callLedger(deps.env, (ledger) => ledger.quarantine(unreadable.map(quarantineOf)));
  for (const { message, reason } of unreadable) {
    if (kept.ok) {
      deps.log('event.dead', { messageId: message.id, reason }, 'error');
      message.ack();
    } else {
      deps.log('event.deferred', { messageId: message.id, reason: 'ledger_unavailable', error: kept.failure }, 'error');
      message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
    }
  }
}

function quarantineOf({ message, reason }: Unreadable): QuarantineRequest {
  return {
    id: `message:${message.id}`,
    type: 'unreadable',
    endpoint: 'queue',
    receivedAt: message.timestamp.getTime(),
    event: null,
    refusal: JSON.stringify({ reason, headers: {}, body: bytesOf(message.body).toBase64() }),
  };
}

/** A body's bytes, as far as it has any: a queue may hold what JSON cannot spell (a BigInt, a cycle). */
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
