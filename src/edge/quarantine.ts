// A 4xx makes the provider give up, so what is refused although genuine may be the only copy there
// will ever be. It is kept whole, as a dead letter, and refused only then.
import type { AnyEvent } from '../event/envelope.ts';
import type { ParseFailure } from '../event/parse.ts';
import { MAX_KEPT_HEADER_LENGTH } from '../limits.ts';
import { log } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { type EncodeFailure, encodeMessage, type RefusedMessage } from '../queue/message.ts';
import type { TimestampFailure, VerifiedDelivery } from '../signature/verify.ts';
import type { ReceiveDeps } from './deps.ts';
import type { Received } from './outcome.ts';

/** A refusal that loses an event unless it is kept. */
type AuthenticRefusal = { readonly reason: TimestampFailure | EncodeFailure } | ParseFailure;

/** A delivery whose signature is genuine. */
interface Genuine {
  readonly headers: Headers;
  readonly delivery: VerifiedDelivery;
  /** Where its body could be read. */
  readonly event: AnyEvent | undefined;
  /** When its body had arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** How long before that it was signed, in seconds; negative where the signed time lies ahead. */
  readonly ageSeconds: number;
}

const KEPT_HEADERS = [
  'content-type',
  'user-agent',
  'x-vast-signature-256',
  'x-vast-timestamp',
  'x-vast-event-id',
  'x-vast-delivery-attempt',
  'x-vastai-signature',
  'x-vastai-timestamp',
];

/**
 * Keeps a refused delivery, once per id and day and not if its id is known as queued, and returns
 * the refusal, or 503 where it could not be kept. Never marks an id as queued. A body that can be
 * read has its envelope kept beside it, which makes it replayable.
 */
export async function quarantine(
  refusal: AuthenticRefusal,
  { headers, delivery, event, receivedAt, ageSeconds }: Genuine,
  { seen, deadLetters, endpoint, waitUntil }: ReceiveDeps,
): Promise<Received> {
  const { dialect, body } = delivery;
  const about = { event, ageSeconds };
  const refused: Received = { ...refusal, ...about };
  const id = event?.id ?? (await digestOf(body));
  if (event && (await seen.has('event', id))) return refused;
  if (await seen.has('quarantined', id)) return refused;

  const { reason } = refusal;
  const kept = { headers: keptHeaders(headers), body: body.toBase64() };
  const letter: RefusedMessage = { kind: 'refused', reason, id, endpoint, dialect, receivedAt, ageSeconds, ...kept };
  const message = withEventIfItFits(letter, event);
  if (!message.ok) return { reason: 'dead_letters_unavailable', error: message.failure, ...about };

  const sent = await seen.sendOnce('quarantined', id, () => enqueue(deadLetters, message.value));
  if (!sent.ok) return { reason: 'dead_letters_unavailable', error: sent.failure.error, ...about };
  if (sent.value === 'copy') return refused;

  waitUntil(seen.mark('quarantined', id));
  log('webhook.quarantined', { id, type: event?.type, endpoint, reason, ageSeconds }, 'warn');
  return refused;
}

/** The raw body always fits; the envelope may not, and can be read from the body again. */
function withEventIfItFits(letter: RefusedMessage, event: AnyEvent | undefined) {
  const whole = event ? encodeMessage({ ...letter, event }) : encodeMessage(letter);
  return whole.ok ? whole : encodeMessage(letter);
}

function keptHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value.slice(0, MAX_KEPT_HEADER_LENGTH);
  }
  return kept;
}

/** The id of a body without a usable one: the same bytes are the same delivery. */
async function digestOf(body: Uint8Array): Promise<string> {
  return `sha256:${new Uint8Array(await crypto.subtle.digest('SHA-256', body)).toHex()}`;
}
