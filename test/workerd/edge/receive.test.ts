// What becomes of a genuine delivery, at what cost, and in which order.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SEEN_TTL_SECONDS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { DIALECTS, signedRequest, TEST_SECRET, WEBHOOK_URL } from '../signed-request.ts';
import { ACCEPTED, answerOf, DUPLICATE, INVALID_SIGNATURE, STALE } from './answers.ts';
import { expectNothingDone, receiver } from './receiver.ts';

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  logged = collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(DIALECTS)('a genuine delivery in the %s dialect', (dialect) => {
  test('is queued and answered 200', async () => {
    const { deliver, events } = receiver();
    expect(await answerOf(await deliver(await signedRequest({ dialect, id: 'new' })))).toEqual(ACCEPTED);
    expect(events.messages.map((text) => JSON.parse(text))).toMatchObject([
      { version: 1, kind: 'event', event: { id: 'new', dialect, endpoint: 'default' } },
    ]);
  });

  test('costs at most one read, one send and one write', async () => {
    const { deliver, seen, events, deadLetters } = receiver();
    await deliver(await signedRequest({ dialect }));
    expect(seen.get).toHaveBeenCalledTimes(1);
    expect(events.send).toHaveBeenCalledTimes(1);
    expect(seen.put).toHaveBeenCalledTimes(1);
    expect(deadLetters.send).not.toHaveBeenCalled();
  });

  test('has its id remembered for seven days', async () => {
    const { deliver, seen } = receiver();
    await deliver(await signedRequest({ dialect, id: 'new' }));
    expect([...seen.entries]).toEqual([['vastai:event:new', { value: '1', expirationTtl: SEEN_TTL_SECONDS }]]);
  });

  test('is a duplicate the second time, and not queued again', async () => {
    const { deliver, events, seen } = receiver();
    await deliver(await signedRequest({ dialect, id: 'twice' }));
    expect(await answerOf(await deliver(await signedRequest({ dialect, id: 'twice' })))).toEqual(DUPLICATE);
    expect(events.send).toHaveBeenCalledTimes(1);
    expect(seen.put).toHaveBeenCalledTimes(1);
  });

  test('with one body byte changed is refused and leaves no trace', async () => {
    const world = receiver();
    const genuine = await signedRequest({ dialect });
    const body = new Uint8Array(await genuine.clone().arrayBuffer());
    body[body.length - 2] = (body[body.length - 2] as number) ^ 1;
    const forged = new Request(WEBHOOK_URL, { method: 'POST', headers: genuine.headers, body });
    expect(await answerOf(await world.deliver(forged))).toEqual(INVALID_SIGNATURE);
    expectNothingDone(world);
  });

  test.each([
    [299, ACCEPTED],
    [-298, ACCEPTED],
    [302, STALE],
    [-302, STALE],
  ])('signed %i seconds ago is answered as its age deserves', async (ageSeconds, answer) => {
    expect(await answerOf(await receiver().deliver(await signedRequest({ dialect, ageSeconds })))).toEqual(answer);
  });
});

test('an id of 256 characters still fits the keys that remember it', async () => {
  const id = 'x'.repeat(256);
  const { deliver, seen } = receiver();
  await deliver(await signedRequest({ id }));
  await deliver(await signedRequest({ id: `${id.slice(1)}y`, ageSeconds: 900 }));
  expect([...seen.entries.keys()]).toEqual([`vastai:event:${id}`, `vastai:quarantined:${id.slice(1)}y`]);
});

test("the unsigned header's id decides nothing", async () => {
  const { deliver } = receiver();
  await deliver(await signedRequest({ id: 'signed-id', headers: { 'X-Vast-Event-Id': 'one' } }));
  const again = await signedRequest({ id: 'signed-id', headers: { 'X-Vast-Event-Id': 'two' } });
  expect(await answerOf(await deliver(again))).toEqual(DUPLICATE);
});

test.each<[string, Record<string, string>, { deliveryAttempt?: number; headerIdDiffers?: true }]>([
  ['nothing', {}, {}],
  ['the third attempt', { 'X-Vast-Delivery-Attempt': '3' }, { deliveryAttempt: 3 }],
  ['a number that no attempt has', { 'X-Vast-Delivery-Attempt': '1'.repeat(7) }, {}],
  ['words for a number', { 'X-Vast-Delivery-Attempt': 'three' }, {}],
  ['the signed id', { 'X-Vast-Event-Id': 'signed-id' }, {}],
  ['another id', { 'X-Vast-Event-Id': 'another' }, { headerIdDiffers: true }],
])('the log tells what unsigned headers claim, as far as it is usable: %s', async (_, headers, claims) => {
  await receiver().deliver(await signedRequest({ id: 'signed-id', headers }));
  expect(logged.events()).toEqual([
    {
      event: 'webhook.accepted',
      id: 'signed-id',
      type: 'outbid',
      endpoint: 'default',
      ageSeconds: expect.any(Number),
      ...claims,
    },
  ]);
});

test('any content type is accepted', async () => {
  const request = await signedRequest({ headers: { 'Content-Type': 'text/plain; charset=utf-16' } });
  expect(await answerOf(await receiver().deliver(request))).toEqual(ACCEPTED);
});

test.each(['VASTAI_WEBHOOK_SECRET', 'VASTAI_WEBHOOK_SECRET_2'] as const)(
  'a delivery signed with the secret in %s is accepted beside another',
  async (slot) => {
    const { deliver } = receiver({ VASTAI_WEBHOOK_SECRET: 'x', VASTAI_WEBHOOK_SECRET_2: 'y', [slot]: TEST_SECRET });
    expect(await answerOf(await deliver(await signedRequest()))).toEqual(ACCEPTED);
  },
);

test('things happen in the order that the contract promises', async () => {
  const { deliver, seen, events } = receiver();
  const verify = vi.spyOn(crypto.subtle, 'verify');
  await deliver(await signedRequest());
  const calls = [verify, seen.get, events.send, seen.put].map((call) => call.mock.invocationCallOrder);
  expect(calls.map((order) => order.length)).toEqual([1, 1, 1, 1]);
  expect(calls.flat()).toEqual(calls.flat().toSorted((a, b) => a - b));
});
