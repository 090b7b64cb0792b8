// Messages that cannot be read: kept whole in the ledger, for a person to look at or for a later
// version to replay. What a newer Worker has written goes back to the queue, for that one to find.
import { callLedger } from '../ledger/client.ts';
import { type QuarantineRequest, UNREADABLE_MESSAGE_ENDPOINT } from '../ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS, NEWER_VERSION_RETRY_SECONDS, UNREADABLE_TOLD_EVERY_MS } from '../limits.ts';
import { log } from '../log.ts';
import type { ConsumerDeps } from './deps.ts';
import type { Unreadable } from './sort-messages.ts';
import { tellOfKept } from './tell.ts';

/** When this isolate last told of one, by its ledger. */
const toldAt = new WeakMap<object, number>();

/** Keeps messages that nobody could read, tells of them, and acknowledges them only then. */
export async function keepUnreadable(unreadable: readonly Unreadable[], invocation: object, deps: ConsumerDeps) {
  const [first] = unreadable;
  if (first === undefined) return;
  const kept = await callLedger(deps.env, (ledger) => ledger.quarantine(unreadable.map(quarantineOf)));
  if (kept.ok) await tellOfUnreadable(first, invocation, deps);
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

/** Tells of one in each hour and isolate: it links to the page that lists them all. */
async function tellOfUnreadable(first: Unreadable, invocation: object, deps: ConsumerDeps): Promise<void> {
  const now = Date.now();
  if (now - (toldAt.get(deps.env.LEDGER) ?? 0) < UNREADABLE_TOLD_EVERY_MS) return;
  toldAt.set(deps.env.LEDGER, now);
  const { event: _none, refusal: _whole, ...about } = quarantineOf(first);
  await tellOfKept({ ...about, reason: first.reason }, invocation, deps);
}

function quarantineOf({ message, reason }: Unreadable): QuarantineRequest {
  // Without a message for the ledger to count by: it must use up no notice of a genuine delivery.
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
