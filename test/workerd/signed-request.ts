// Deliveries as the provider sends them, signed by the project's own signer. A test changes one
// thing from here.

import type { SignedDialect } from '../../src/event/dialect.ts';
import { sampleOf } from '../../src/event/samples.ts';
import { schemes } from '../../src/signature/schemes.ts';
import { signDelivery } from '../../src/signature/sign.ts';

export { signedDialects as DIALECTS } from '../../src/event/dialect.ts';
export { schemes };

/** The default endpoint's secret in the tests (vitest.config.ts). */
export const TEST_SECRET = 'vast-test-secret';
export const WEBHOOK_URL = 'https://receiver.test/webhooks/vastai';

export interface SignedRequestOptions {
  readonly dialect?: SignedDialect;
  readonly type?: string;
  readonly id?: string;
  /** Replaces the sample body. */
  readonly body?: string | Uint8Array;
  readonly secret?: string;
  /** How far in the past it was signed; negative for the future. */
  readonly ageSeconds?: number;
  readonly url?: string;
  /** Headers beside the signed ones. */
  readonly headers?: Record<string, string>;
  /** Changes the signed headers before they are sent. */
  readonly tamper?: (headers: Headers) => void;
  /** Sends the body in pieces, without declaring its length. */
  readonly stream?: (body: Uint8Array) => ReadableStream<Uint8Array>;
}

/** A genuine POST of a sample event, less what the options change. */
export async function signedRequest(options: SignedRequestOptions = {}): Promise<Request> {
  const { dialect = 'notification', id = crypto.randomUUID(), ageSeconds = 0, url = WEBHOOK_URL } = options;
  const type = options.type ?? (dialect === 'notification' ? 'outbid' : 'resource.created');
  const body = bytesOf(options.body ?? sampleOf(type, { id, now: Date.now() }).body);
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const headers = new Headers({
    'Content-Type': 'application/json',
    ...(await signDelivery(schemes[dialect], options.secret ?? TEST_SECRET, timestamp, body)),
    ...options.headers,
  });
  options.tamper?.(headers);
  return new Request(url, { method: 'POST', headers, body: options.stream?.(body) ?? body });
}

export function bytesOf(body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(typeof body === 'string' ? new TextEncoder().encode(body) : body);
}

/** A notification of exactly `size` bytes. */
export function bodyOfSize(size: number): string {
  const body = (text: string) => JSON.stringify({ event_id: 'sized', notif_type: 'outbid', text });
  return body('x'.repeat(size - body('').length));
}
