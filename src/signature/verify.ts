// Is a delivery authentic, and is it fresh? Two questions, so that an authentic late delivery can
// be told from a forged one. Pure but for Web Crypto.
import type { SignedDialect } from '../event/dialect.ts';
import { TIMESTAMP_TOLERANCE_SECONDS } from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';
import { isSignedWithOneOf } from './mac.ts';
import { schemes } from './schemes.ts';

declare const verified: unique symbol;

/** Raw bytes that a live secret has signed, not yet decoded. Only this file can make one. */
export interface VerifiedDelivery {
  readonly [verified]: true;
  readonly dialect: SignedDialect;
  readonly body: Uint8Array;
  /** Seconds since the epoch, as signed. */
  readonly timestamp: number;
  /** The same as its header spells it. */
  readonly timestampText: string;
}

/** Why a delivery is not proven. For our own log: the sender is told the same for all of them. */
export type SignatureFailure =
  | 'signature_missing'
  | 'signature_malformed'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'signature_mismatch';

export type TimestampFailure = 'timestamp_stale' | 'timestamp_ahead';

const SIGNATURE_DIGITS = /^[0-9a-fA-F]{64}$/;
const TIMESTAMP = /^\d{1,12}$/;

/**
 * Proves that `body` was signed with one of `secrets`. The dialect is that of the signature header
 * that is present, `X-Vast-Signature-256` first. A header sent twice arrives joined by a comma and
 * so is malformed. Every secret is tried, so that timing does not tell which slot matched.
 */
export async function verifyDelivery(
  headers: Headers,
  body: Uint8Array,
  secrets: readonly string[],
): Promise<Result<VerifiedDelivery, SignatureFailure>> {
  const notificationSignature = headers.get(schemes.notification.signatureHeader);
  const dialect = notificationSignature === null ? 'resource' : 'notification';
  const scheme = schemes[dialect];

  const signature = notificationSignature ?? headers.get(scheme.signatureHeader);
  if (signature === null) return fail('signature_missing');
  const digits = signature.slice(scheme.prefix.length);
  if (!signature.startsWith(scheme.prefix) || !SIGNATURE_DIGITS.test(digits)) return fail('signature_malformed');

  const timestamp = headers.get(scheme.timestampHeader);
  if (timestamp === null) return fail('timestamp_missing');
  if (!TIMESTAMP.test(timestamp)) return fail('timestamp_malformed');

  if (!(await isSignedWithOneOf(secrets, digits, timestamp, body))) return fail('signature_mismatch');

  return succeed({ dialect, body, timestamp: Number(timestamp), timestampText: timestamp } as VerifiedDelivery);
}

/** Whether a proven delivery is fresh: at most 300 s from `nowSeconds`, to either side. */
export function checkTimestamp(delivery: VerifiedDelivery, nowSeconds: number): Result<void, TimestampFailure> {
  if (delivery.timestamp < nowSeconds - TIMESTAMP_TOLERANCE_SECONDS) return fail('timestamp_stale');
  if (delivery.timestamp > nowSeconds + TIMESTAMP_TOLERANCE_SECONDS) return fail('timestamp_ahead');
  return succeed(undefined);
}
