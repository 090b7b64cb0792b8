// Known answers, computed by another implementation: signing and verifying must agree with it, not
// only with each other.
import { describe, expect, test } from 'vitest';
import { signDelivery } from '../../../src/signature/sign.ts';
import { verifyDelivery } from '../../../src/signature/verify.ts';
import { schemes } from '../signed-request.ts';
import file from './vectors.json';

const vectors = file.vectors.map((vector) => ({
  ...vector,
  scheme: schemes[vector.dialect as keyof typeof schemes],
  body: Uint8Array.fromHex(vector.body_hex),
}));

describe.each(vectors)('known answer: $name', ({ dialect, scheme, secret, timestamp, body, signature }) => {
  const { signatureHeader, timestampHeader } = scheme;

  test('is what signing produces', async () => {
    const headers = await signDelivery(scheme, secret, timestamp, body);
    expect(headers).toEqual({ [signatureHeader]: signature, [timestampHeader]: timestamp });
  });

  test('is accepted, with body, dialect and time as signed', async () => {
    const headers = new Headers({ [signatureHeader]: signature, [timestampHeader]: timestamp });
    expect(await verifyDelivery(headers, body, [secret])).toEqual({
      ok: true,
      value: { dialect, body, timestamp: Number(timestamp), timestampText: timestamp },
    });
  });
});

test('the known answers cover both dialects', () => {
  expect(new Set(file.vectors.map((vector) => vector.dialect))).toEqual(new Set(['notification', 'resource']));
});
