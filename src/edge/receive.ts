// What happens inside the provider's request. Read this and consumer/batch.ts and you know the
// Worker. The order is the security argument: nothing is decoded before it is proven, time is
// judged only on what is genuine and once its body has arrived, and an id is marked as seen only
// once its event is safe.
import { parseEvent } from '../event/parse.ts';
import { substituteId } from '../event/substitute-id.ts';
import { LATE_MAX_AGE_SECONDS, MAX_BODY_BYTES } from '../limits.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { readBody } from '../read-body.ts';
import { checkTimestamp, verifyDelivery } from '../signature/verify.ts';
import type { ReceiveDeps } from './deps.ts';
import type { Received } from './outcome.ts';
import { quarantine } from './quarantine.ts';

/** Takes one delivery to its outcome. Throws only on what nobody foresaw. */
export async function receive(request: Request, deps: ReceiveDeps): Promise<Received> {
  const { endpoint, secrets, rotating, seen, events } = deps;
  if (secrets.length === 0) return { reason: 'not_configured' };

  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body.ok) return { reason: body.failure };
  const receivedAt = deps.clock();

  const verified = await verifyDelivery(request.headers, body.value, secrets);
  if (!verified.ok) return rotating ? { reason: 'rotating', cause: verified.failure } : { reason: verified.failure };
  const { dialect, timestamp, timestampText } = verified.value;

  const id = await substituteId(dialect, timestampText, body.value);
  const parsed = parseEvent({ ...verified.value, substituteId: id }, endpoint);
  const ageSeconds = Math.floor(receivedAt / 1000) - timestamp;
  const about = { event: parsed.ok ? parsed.value : undefined, ageSeconds };
  const genuine = { ...about, headers: request.headers, delivery: verified.value, receivedAt };

  const timely = checkTimestamp(verified.value, Math.floor(receivedAt / 1000));
  const runsLate = deps.lateEvents === 'run' && ageSeconds > 0 && ageSeconds <= LATE_MAX_AGE_SECONDS;
  if (!timely.ok && !(parsed.ok && runsLate)) return quarantine({ reason: timely.failure }, genuine, deps);
  if (!parsed.ok) return quarantine(parsed.failure, genuine, deps);
  const event = parsed.value;

  const message = encodeMessage({ kind: 'event', event, receivedAt });
  if (!message.ok) return quarantine({ reason: message.failure }, genuine, deps);

  const known: Received = { reason: timely.ok ? 'duplicate' : timely.failure, ...about };
  if (await seen.has('event', event.id)) return known;

  const sent = await seen.sendOnce('event', event.id, () => enqueue(events, message.value));
  if (!sent.ok) return { ...sent.failure, ...about };
  if (sent.value === 'copy') return known;

  deps.waitUntil(seen.mark('event', event.id));
  return { reason: timely.ok ? 'accepted' : 'accepted_late', ...about };
}
