// Freshness of a proven delivery, to either side.
import { expect, test } from 'vitest';
import { signDelivery } from '../../../src/signature/sign.ts';
import { checkTimestamp, type VerifiedDelivery, verifyDelivery } from '../../../src/signature/verify.ts';
import { bytesOf, schemes } from '../signed-request.ts';

const SIGNED_AT = 1_772_490_000;

async function delivery(): Promise<VerifiedDelivery> {
  const body = bytesOf('{}');
  const headers = await signDelivery(schemes.notification, 'any', String(SIGNED_AT), body);
  const verified = await verifyDelivery(new Headers(headers), body, ['any']);
  if (!verified.ok) throw new Error('the delivery of this test must verify');
  return verified.value;
}

test.each([
  ['now', 0],
  ['five minutes ago', 300],
  ['five minutes ahead', -300],
])('takes a delivery signed %s', async (_, age) => {
  expect(checkTimestamp(await delivery(), SIGNED_AT + age)).toMatchObject({ ok: true });
});

test('refuses a delivery signed five minutes and one second ago', async () => {
  expect(checkTimestamp(await delivery(), SIGNED_AT + 301)).toEqual({ ok: false, failure: 'timestamp_stale' });
});

test('refuses a delivery signed five minutes and one second ahead', async () => {
  expect(checkTimestamp(await delivery(), SIGNED_AT - 301)).toEqual({ ok: false, failure: 'timestamp_ahead' });
});
