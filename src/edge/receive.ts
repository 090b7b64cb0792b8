// What happens inside the provider's request, step by step. Read this and consumer/batch.ts and you know the Worker.
//
// The order is the security argument: size, signature over the raw bytes, time, parse, seen?, send, mark. Nothing is
// decoded before it is proven, time is judged only on genuine deliveries, and an id is marked only once its event is safe.
import { parseEvent } from '../event/parse.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { checkTimestamp, verifyDelivery } from '../signature/verify.ts';
import type { ReceiveDeps } from './deps.ts';
import type { Received } from './outcome.ts';
import { quarantine } from './quarantine.ts';
import { readBody } from './read-body.ts';
import { isSeen, markSeen } from './seen-ids.ts';

/** Takes one delivery to its outcome. Throws only on what nobody foresaw. */
export async function receive(request: Request, deps: ReceiveDeps): Promise<Received> {
  if (deps.secrets.length === 0) return { reason: 'not_configured' };

  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body.ok) return { reason: body.failure };

  const verified = await verifyDelivery(request.headers, body.value, deps.secrets);
  if (!verified.ok) {
    return deps.rotating ? { reason: 'rotating', cause: verified.failure } : { reason: verified.failure };
  }
  const delivery = verified.value;

  const fresh = checkTimestamp(delivery, Math.floor(deps.now / 1000));
  if (!fresh.ok) return quarantine({ reason: fresh.failure }, request.headers, delivery, deps);

  const parsed = parseEvent(delivery, deps.endpoint);
  if (!parsed.ok) return quarantine(parsed.failure, request.headers, delivery, deps);
  const event = parsed.value;

  const message = encodeMessage({ kind: 'event', event, receivedAt: deps.now });
  if (!message.ok) return quarantine({ reason: message.failure }, request.headers, delivery, deps);

  if (await isSeen(deps.bindings.SEEN, 'event', event.id, deps.log)) return { reason: 'duplicate', event };

  const sent = await enqueue(deps.bindings.EVENTS, message.value);
  if (!sent.ok) return { ...sent.failure, event };

  deps.waitUntil(markSeen(deps.bindings.SEEN, 'event', event.id, deps.log));
  return { reason: 'accepted', event };
}
