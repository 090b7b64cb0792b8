// A delivery that no live secret has signed gets one answer, and leaves no trace.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_BODY_BYTES } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { bodyOfSize, schemes, signedRequest, TEST_SECRET, WEBHOOK_URL } from '../signed-request.ts';
import { answerOf, INVALID_SIGNATURE, UNAVAILABLE } from './answers.ts';
import { expectNothingDone, receiver } from './receiver.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a delivery that is not proven', () => {
  const { signatureHeader, timestampHeader } = schemes.notification;
  const forgeries: [string, (headers: Headers) => void][] = [
    ['without a signature', (headers) => headers.delete(signatureHeader)],
    ['with a malformed signature', (headers) => headers.set(signatureHeader, 'sha256=xyz')],
    ['with a signature of something else', (headers) => headers.set(signatureHeader, `sha256=${'0'.repeat(64)}`)],
    ['without a timestamp', (headers) => headers.delete(timestampHeader)],
    ['with a malformed timestamp', (headers) => headers.set(timestampHeader, '1e9')],
    ['with a timestamp of long ago that was not signed', (headers) => headers.set(timestampHeader, '1')],
  ];

  test.each(forgeries)('%s gets the one answer to all of them, and nothing happens', async (_, tamper) => {
    const world = receiver();
    const reference = await world.deliver(new Request(WEBHOOK_URL, { method: 'POST', body: '{}' }));
    const response = await world.deliver(await signedRequest({ tamper }));
    expect(response.status).toBe(401);
    expect([...response.headers]).toEqual([...reference.headers]);
    expect(await response.text()).toBe('{"error":"Invalid signature"}');
    expect(await reference.text()).toBe('{"error":"Invalid signature"}');
    expectNothingDone(world);
  });

  test('is not told apart by its body, which is never looked at', async () => {
    for (const body of ['', 'nonsense', '[]', bodyOfSize(MAX_BODY_BYTES)]) {
      const forged = await signedRequest({ body, secret: 'a guess' });
      expect(await answerOf(await receiver().deliver(forged))).toEqual(INVALID_SIGNATURE);
    }
  });

  test.each(forgeries)('%s is asked to come back while a rotation is under way', async (_, tamper) => {
    const until = String(Math.floor(Date.now() / 1000) + 60);
    const world = receiver({ VASTAI_WEBHOOK_SECRET: TEST_SECRET, VASTAI_ROTATION_UNTIL: until });
    const response = await world.deliver(await signedRequest({ tamper }));
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await answerOf(response)).toEqual(UNAVAILABLE);
    expectNothingDone(world);
  });

  test.each([
    ['in the past', String(Math.floor(Date.now() / 1000) - 1)],
    ['in milliseconds', String(Date.now() + 60_000)],
    ['with a sign', `+${Math.floor(Date.now() / 1000) + 60}`],
    ['as a date', '2999-01-01T00:00:00Z'],
    ['as a word', 'Infinity'],
    ['empty', ''],
  ])('is refused as ever with an end of rotation %s', async (_, until) => {
    const { deliver } = receiver({ VASTAI_WEBHOOK_SECRET: TEST_SECRET, VASTAI_ROTATION_UNTIL: until });
    expect(await answerOf(await deliver(await signedRequest({ secret: 'the new one' })))).toEqual(INVALID_SIGNATURE);
  });
});
