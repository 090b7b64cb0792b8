// One contract for both dialects: from a valid delivery, change one thing, and see the reason.

import { describe, expect, test, vi } from 'vitest';
import type { SignatureScheme } from '../../../src/signature/schemes.ts';
import { signDelivery } from '../../../src/signature/sign.ts';
import { verifyDelivery } from '../../../src/signature/verify.ts';
import { bytesOf, DIALECTS, schemes } from '../signed-request.ts';

const SECRET = 'contract-secret';
const TIMESTAMP = '1772490000';
const BODY = bytesOf('{"any":"bytes"}');

describe.each(DIALECTS)('verifying the %s dialect', (dialect) => {
  const scheme = schemes[dialect];
  const { signatureHeader, timestampHeader, prefix } = scheme;

  /** Verifies a genuine delivery after one change to its headers. */
  async function afterChange(change: (headers: Headers, digits: string) => void, timestamp = TIMESTAMP) {
    const headers = new Headers(await signDelivery(scheme, SECRET, timestamp, BODY));
    const digits = (headers.get(signatureHeader) as string).slice(prefix.length);
    change(headers, digits);
    return verifyDelivery(headers, BODY, [SECRET]);
  }

  test('accepts the delivery that every other case starts from', async () => {
    expect(await afterChange(() => {})).toMatchObject({ ok: true });
  });

  test.each<[string, (digits: string) => string]>([
    ['in upper case', (digits) => prefix + digits.toUpperCase()],
    ['with white space around it, which is no part of a header', (digits) => ` ${prefix}${digits}\t`],
  ])('accepts a signature %s', async (_, write) => {
    const verified = await afterChange((headers, digits) => headers.set(signatureHeader, write(digits)));
    expect(verified.ok).toBe(true);
  });

  test.each<[string, (digits: string) => string]>([
    ['that is empty', () => ''],
    ['without digits', () => prefix],
    ['one digit short', (digits) => prefix + digits.slice(1)],
    ['one digit long', (digits) => `${prefix}${digits}0`],
    ['with a digit that is not hex', (digits) => `${prefix}g${digits.slice(1)}`],
    ['with a digit of another script', (digits) => `${prefix}\u00b2${digits.slice(1)}`],
    ['with a space inside', (digits) => `${prefix}${digits.slice(0, 32)} ${digits.slice(33)}`],
    ['with white space after the prefix', (digits) => `sha256= ${digits}`],
    ['in base64', () => `${prefix}${'A'.repeat(43)}=`],
    ["with another algorithm's prefix", (digits) => `sha1=${digits}`],
    ['with its prefix twice', (digits) => `${prefix || 'sha256='}${prefix}${digits}`],
    ['with its prefix in other case', (digits) => `SHA256=${digits}`],
    [prefix ? 'without its prefix' : 'with a prefix', (digits) => (prefix ? digits : `sha256=${digits}`)],
  ])('calls a signature %s malformed', async (_, write) => {
    const verified = await afterChange((headers, digits) => headers.set(signatureHeader, write(digits)));
    expect(verified).toEqual({ ok: false, failure: 'signature_malformed' });
  });

  test('calls a signature sent twice malformed', async () => {
    const verified = await afterChange((headers, digits) => headers.append(signatureHeader, prefix + digits));
    expect(verified).toEqual({ ok: false, failure: 'signature_malformed' });
  });

  test('misses the signature where there is none', async () => {
    const verified = await afterChange((headers) => headers.delete(signatureHeader));
    expect(verified).toEqual({ ok: false, failure: 'signature_missing' });
  });

  test('misses the timestamp where there is none', async () => {
    const verified = await afterChange((headers) => headers.delete(timestampHeader));
    expect(verified).toEqual({ ok: false, failure: 'timestamp_missing' });
  });

  // Signed as they stand, so that only their form can be the reason.
  test.each(['', '1.0', '1e9', '+1', '-1', '0x10', '1 1', '1,1', '1_000', '1n', 'NaN', 'Infinity', '1234567890123'])(
    'calls the timestamp "%s" malformed',
    async (timestamp) => {
      expect(await afterChange(() => {}, timestamp)).toEqual({ ok: false, failure: 'timestamp_malformed' });
    },
  );

  test('calls a timestamp in Arabic digits malformed', async () => {
    const verified = await afterChange((headers) => headers.set(timestampHeader, '\u0661'));
    expect(verified).toEqual({ ok: false, failure: 'timestamp_malformed' });
  });

  test('calls a timestamp sent twice malformed', async () => {
    const verified = await afterChange((headers) => headers.append(timestampHeader, TIMESTAMP));
    expect(verified).toEqual({ ok: false, failure: 'timestamp_malformed' });
  });

  test.each(['0', '1', '000001', '999999999999'])(
    'takes the digits "%s" for a time, and keeps them as they are spelt',
    async (timestamp) => {
      const value = { timestamp: Number(timestamp), timestampText: timestamp };
      expect(await afterChange(() => {}, timestamp)).toMatchObject({ ok: true, value });
    },
  );

  test('signs the timestamp as it is spelt, so that a leading zero more is another delivery', async () => {
    const verified = await afterChange((headers) => headers.set(timestampHeader, `0${TIMESTAMP}`));
    expect(verified).toEqual({ ok: false, failure: 'signature_mismatch' });
  });

  test.each([
    ['one bit of the body', (body: Uint8Array) => body.with(3, (body[3] as number) ^ 1)],
    ['a byte more', (body: Uint8Array) => Uint8Array.of(...body, 0x20)],
    ['a byte less', (body: Uint8Array) => body.slice(0, -1)],
    ['an empty body', () => new Uint8Array()],
  ])('refuses %s', async (_, change) => {
    const headers = new Headers(await signDelivery(scheme, SECRET, TIMESTAMP, BODY));
    expect(await verifyDelivery(headers, change(BODY), [SECRET])).toEqual({ ok: false, failure: 'signature_mismatch' });
  });

  test.each([
    ['another secret', ['other-secret']],
    ['the secret with white space behind it', [`${SECRET} `]],
    ['no secret at all', []],
  ])('refuses with %s', async (_, secrets) => {
    const headers = new Headers(await signDelivery(scheme, SECRET, TIMESTAMP, BODY));
    expect(await verifyDelivery(headers, BODY, secrets)).toEqual({ ok: false, failure: 'signature_mismatch' });
  });

  test.each([
    ['first', [SECRET, 'other-secret']],
    ['second', ['other-secret', SECRET]],
  ])('accepts the secret in the %s slot, trying both', async (_, secrets) => {
    const headers = new Headers(await signDelivery(scheme, SECRET, TIMESTAMP, BODY));
    const verify = vi.spyOn(crypto.subtle, 'verify');
    try {
      expect(await verifyDelivery(headers, BODY, secrets)).toMatchObject({ ok: true });
      expect(verify).toHaveBeenCalledTimes(2);
    } finally {
      verify.mockRestore();
    }
  });

  test('accepts without a look at headers that are not signed', async () => {
    const verified = await afterChange((headers) => {
      headers.set('X-Vast-Event-Id', 'another-id');
      headers.set('X-Vast-Delivery-Attempt', 'many');
      headers.set('Content-Type', 'text/html');
    });
    expect(verified.ok).toBe(true);
  });
});

describe('a delivery with the headers of both dialects', () => {
  async function withBoth(valid: SignatureScheme, forged: SignatureScheme) {
    const headers = new Headers(await signDelivery(valid, SECRET, TIMESTAMP, BODY));
    headers.set(forged.signatureHeader, `${forged.prefix}${'0'.repeat(64)}`);
    headers.set(forged.timestampHeader, TIMESTAMP);
    return verifyDelivery(headers, BODY, [SECRET]);
  }

  test('is a notification', async () => {
    expect(await withBoth(schemes.notification, schemes.resource)).toMatchObject({
      ok: true,
      value: { dialect: 'notification' },
    });
  });

  test('is refused where only the other signature is genuine', async () => {
    expect(await withBoth(schemes.resource, schemes.notification)).toEqual({
      ok: false,
      failure: 'signature_mismatch',
    });
  });

  test('is not rescued by the other signature when the first header is empty', async () => {
    const headers = new Headers(await signDelivery(schemes.resource, SECRET, TIMESTAMP, BODY));
    headers.set(schemes.notification.signatureHeader, '');
    expect(await verifyDelivery(headers, BODY, [SECRET])).toEqual({ ok: false, failure: 'signature_malformed' });
  });

  test("is not timed by the other dialect's timestamp", async () => {
    const headers = new Headers(await signDelivery(schemes.notification, SECRET, TIMESTAMP, BODY));
    headers.delete(schemes.notification.timestampHeader);
    headers.set(schemes.resource.timestampHeader, TIMESTAMP);
    expect(await verifyDelivery(headers, BODY, [SECRET])).toEqual({ ok: false, failure: 'timestamp_missing' });
  });
});

test('imports the key of a secret once', async () => {
  const importKey = vi.spyOn(crypto.subtle, 'importKey');
  try {
    const secret = `imported-once-${crypto.randomUUID()}`;
    for (const timestamp of ['1', '2', '3']) {
      const headers = new Headers(await signDelivery(schemes.notification, secret, timestamp, BODY));
      expect((await verifyDelivery(headers, BODY, [secret])).ok).toBe(true);
    }
    expect(importKey).toHaveBeenCalledTimes(1);
  } finally {
    importKey.mockRestore();
  }
});

test('keeps a bounded number of keys: one that has made room is imported again', async () => {
  const importKey = vi.spyOn(crypto.subtle, 'importKey');
  try {
    const sign = (secret: string) => signDelivery(schemes.notification, secret, TIMESTAMP, BODY);
    await sign('made-room');
    for (let count = 0; count < 64; count += 1) await sign(`crowding-${count}`);
    importKey.mockClear();
    await sign('made-room');
    expect(importKey).toHaveBeenCalledTimes(1);
  } finally {
    importKey.mockRestore();
  }
});

test('keeps verifying after more secrets than it keeps keys for', async () => {
  for (let count = 0; count < 70; count += 1) {
    const headers = new Headers(await signDelivery(schemes.resource, `secret-${count}`, TIMESTAMP, BODY));
    expect((await verifyDelivery(headers, BODY, [`secret-${count}`])).ok).toBe(true);
    expect((await verifyDelivery(headers, BODY, [`secret-${count + 1}`])).ok).toBe(false);
  }
});

describe('verifications that overlap', () => {
  /** Every body and length differs, every second signature is another delivery's. */
  async function overlapping(secrets: readonly string[]) {
    const bodies = Array.from({ length: 20 }, (_, index) => bytesOf(`{"number":${'1'.repeat(index * 300)}}`));
    const signed = await Promise.all(bodies.map((body) => signDelivery(schemes.notification, SECRET, TIMESTAMP, body)));
    const headers = signed.map((own, index) => new Headers(index % 2 === 0 ? own : signed[index - 1]));
    const verified = await Promise.all(
      bodies.map((body, index) => verifyDelivery(headers[index] as Headers, body, secrets)),
    );
    return verified.map(({ ok }) => ok);
  }
  const everySecond = Array.from({ length: 20 }, (_, index) => index % 2 === 0);

  test('each judge their own bytes, with keys at hand', async () => {
    expect(await overlapping([SECRET])).toEqual(everySecond);
  });

  test('each judge their own bytes while rotating, whichever slot has signed', async () => {
    expect(await overlapping(['another secret', SECRET])).toEqual(everySecond);
    expect(await overlapping([SECRET, 'another secret'])).toEqual(everySecond);
  });

  test('each judge their own bytes while keys are still being imported', async () => {
    expect(await overlapping([`new-${crypto.randomUUID()}`, SECRET, `new-${crypto.randomUUID()}`])).toEqual(
      everySecond,
    );
  });
});
