// How a delivery can end at the edge, and what the provider is told. The switch has no default: a
// new reason does not compile until somebody decides what its sender may learn.
import type { AnyEvent } from '../event/envelope.ts';
import type { ParseFailure } from '../event/parse.ts';
import { NOT_CONFIGURED_RETRY_AFTER_SECONDS, RETRY_AFTER_SECONDS } from '../limits.ts';
import type { EncodeFailure } from '../queue/message.ts';
import type { SignatureFailure, TimestampFailure } from '../signature/verify.ts';

/** A refusal by its reason, which is for our log. What the sender learns is decided below. */
export type Refusal =
  | { readonly reason: 'not_configured' | 'body_too_large' }
  /** `cause` is what it would be refused for at any other time. */
  | { readonly reason: 'rotating'; readonly cause: SignatureFailure }
  | { readonly reason: SignatureFailure | TimestampFailure | EncodeFailure }
  | ParseFailure
  | { readonly reason: 'queue_unavailable' | 'dead_letters_unavailable'; readonly error: string };

/** `accepted_late`: too late for an honest 200, but its handler runs (`LATE_EVENTS`). */
export type Outcome = { readonly reason: 'accepted' | 'accepted_late' | 'duplicate' } | Refusal;

/** An outcome, with the event it is about where there is one. */
export type Received = Outcome & {
  readonly event?: AnyEvent | undefined;
  /** Of a genuine delivery: how long ago it was signed, in seconds. */
  readonly ageSeconds?: number | undefined;
};

interface Answer {
  readonly status: 200 | 400 | 401 | 413 | 503;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The provider's view of an outcome: 2xx and 4xx end a delivery, 503 has it sent again. */
export function answerTo(outcome: Outcome): Answer {
  switch (outcome.reason) {
    case 'accepted':
      return { status: 200, body: { received: true } };
    case 'duplicate':
      return { status: 200, body: { received: true, duplicate: true } };
    case 'not_configured':
      return unavailable('Not configured', NOT_CONFIGURED_RETRY_AFTER_SECONDS);
    case 'body_too_large':
    case 'message_too_large':
      return { status: 413, body: { error: 'Payload too large' } };
    case 'signature_missing':
    case 'signature_malformed':
    case 'signature_mismatch':
    case 'timestamp_missing':
    case 'timestamp_malformed':
      return { status: 401, body: { error: 'Invalid signature' } };
    case 'accepted_late':
    case 'timestamp_stale':
    case 'timestamp_ahead':
      return { status: 401, body: { error: 'Timestamp outside tolerance' } };
    case 'body_not_utf8':
    case 'body_not_json':
    case 'body_not_object':
    case 'event_invalid':
      return { status: 400, body: { error: 'Invalid event', issues: outcome.issues } };
    case 'message_too_deep':
      return { status: 400, body: { error: 'Invalid event', issues: ['body is nested too deeply'] } };
    case 'rotating':
    case 'queue_unavailable':
    case 'dead_letters_unavailable':
      return unavailable('Temporarily unavailable', RETRY_AFTER_SECONDS);
  }
}

function unavailable(error: string, retryAfterSeconds: number): Answer {
  return { status: 503, body: { error }, headers: { 'Retry-After': String(retryAfterSeconds) } };
}
