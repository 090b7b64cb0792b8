// One captured delivery, sent over and over, costs an isolate one message, whatever KV does.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SeenIds } from '../../../src/edge/seen-ids.ts';
import { REMEMBERED_IDS, SEND_TIMEOUT_MS } from '../../../src/limits.ts';
import { succeed } from '../../../src/result.ts';
import { collectConsole } from '../fakes/console.ts';
import { fakeKv } from '../fakes/kv.ts';
import { signedRequest } from '../signed-request.ts';
import { ACCEPTED, answerOf, DUPLICATE, STALE, UNAVAILABLE } from './answers.ts';
import { type Receiver, receiver } from './receiver.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/**
 * KV as an attacker would like it: it forgets, or it says "absent" for as long as it may be cached.
 */
const brokenKv: [string, (world: Receiver) => void][] = [
  ['its writes fail', ({ seen }) => seen.put.mockRejectedValue(new Error('KV PUT failed: 429 Too Many Requests'))],
  [
    'all of it is out',
    ({ seen }) => {
      seen.get.mockRejectedValue(new Error('KV GET failed: 500'));
      seen.put.mockRejectedValue(new Error('KV PUT failed: 500'));
    },
  ],
  ['it has cached "absent"', ({ seen }) => seen.get.mockResolvedValue(null)],
];

describe.each(brokenKv)('while %s', (_, breakKv) => {
  test.each([
    ['fresh', 0, 'events', 200],
    ['stale', 900, 'deadLetters', 401],
  ] as const)('400 copies of a %s delivery cost one message', async (_age, ageSeconds, queue, status) => {
    const world = receiver();
    breakKv(world);
    const captured = await signedRequest({ id: 'captured', ageSeconds });
    const statuses = new Set<number>();
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => world.deliver(captured.clone() as Request)));
      for (const answer of answers) statuses.add(answer.status);
    }
    expect(world[queue].messages).toHaveLength(1);
    expect([...statuses]).toEqual([status]);
  });
});

test('copies that meet one another at the queue are answered as it answers the first', async () => {
  const world = receiver();
  world.events.send.mockImplementationOnce(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error('Queue overloaded (10250)');
  });
  const captured = await signedRequest({ id: 'captured' });
  const both = await Promise.all([
    world.deliver(captured.clone() as Request),
    world.deliver(captured.clone() as Request),
  ]);
  for (const answer of both) expect(await answerOf(answer)).toEqual(UNAVAILABLE);
  expect(await answerOf(await world.deliver(captured))).toEqual(ACCEPTED);
});

test('a copy waits only so long for a first one that never ends, and the next one sends it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const seen = new SeenIds(fakeKv().binding, 'default');
  const taken = async () => succeed(undefined);
  // Its client has gone away, and the platform has ended all that it was about.
  void seen.sendOnce('event', 'a', () => new Promise(() => {}));
  const copy = seen.sendOnce('event', 'a', taken);
  await vi.advanceTimersByTimeAsync(SEND_TIMEOUT_MS);
  expect(await copy).toMatchObject({ ok: false, failure: { reason: 'queue_unavailable' } });
  expect(await seen.sendOnce('event', 'a', taken)).toEqual(succeed('sent'));
});

test('what is remembered is forgotten when KV would forget it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const world = receiver();
  const { seen, deliver, kept } = world;
  seen.get.mockResolvedValue(null);
  const captured = await signedRequest({ id: 'captured', ageSeconds: 900 });
  expect(await answerOf(await deliver(captured.clone() as Request))).toEqual(STALE);
  vi.setSystemTime(Date.now() + 86_400_000 - 1_000);
  await deliver(captured.clone() as Request);
  expect(kept()).toHaveLength(1);
  vi.setSystemTime(Date.now() + 2_000);
  await deliver(captured.clone() as Request);
  expect(kept()).toHaveLength(2);
});

test('an isolate remembers a bounded number of ids, and forgets the oldest', async () => {
  const world = receiver();
  world.seen.get.mockResolvedValue(null);
  const first = await signedRequest({ id: 'first' });
  await world.deliver(first.clone() as Request);
  for (let index = 0; index < REMEMBERED_IDS; index += 200) {
    const batch = Array.from({ length: 200 }, async (_, at) =>
      world.deliver(await signedRequest({ id: `id-${index + at}` })),
    );
    await Promise.all(batch);
  }
  const second = await signedRequest({ id: 'id-0' });
  expect(await answerOf(await world.deliver(second.clone() as Request))).toEqual(DUPLICATE);
  expect(await answerOf(await world.deliver(first))).toEqual(ACCEPTED);
  expect(await answerOf(await world.deliver(second))).toEqual(ACCEPTED);
}, 60_000);

test('the same id at two endpoints is two events', async () => {
  const secret = 'host-test-secret';
  const world = receiver({ VASTAI_WEBHOOK_SECRET: secret, VASTAI_WEBHOOK_SECRET_HOST: secret });
  const at = (endpoint: string, ageSeconds = 0) =>
    signedRequest({ id: 'shared', secret, ageSeconds, url: `https://receiver.test/webhooks/vastai${endpoint}` });
  expect(await answerOf(await world.deliver(await at('')))).toEqual(ACCEPTED);
  expect(await answerOf(await world.deliver(await at('/host')))).toEqual(ACCEPTED);
  expect(await answerOf(await world.deliver(await at('/host')))).toEqual(DUPLICATE);
  const other = receiver({ VASTAI_WEBHOOK_SECRET: secret, VASTAI_WEBHOOK_SECRET_HOST: secret });
  for (const endpoint of ['', '/host']) await other.deliver(await at(endpoint, 900));
  expect([...world.seen.entries.keys(), ...other.seen.entries.keys()]).toEqual([
    'vastai:event:shared',
    'vastai:event@host:shared',
    'vastai:quarantined:shared',
    'vastai:quarantined@host:shared',
  ]);
});

describe("the user's own sample, a resource event without an id", () => {
  const body = '{"type":"test","data":{}}';

  test('is accepted under the hash of what was signed', async () => {
    const world = receiver();
    const request = await signedRequest({ dialect: 'resource', body });
    const signed = new TextEncoder().encode(`${request.headers.get('x-vastai-timestamp')}.${body}`);
    const id = `sha256:${new Uint8Array(await crypto.subtle.digest('SHA-256', signed)).toHex()}`;
    expect(await answerOf(await world.deliver(request.clone() as Request))).toEqual(ACCEPTED);
    expect(world.events.messages.map((text) => JSON.parse(text).event)).toMatchObject([{ id, type: 'test', data: {} }]);
    expect(await answerOf(await world.deliver(request))).toEqual(DUPLICATE);
  });

  test.each(['""', 'null', '7', '"with space"'])('is refused where it has the id %s', async (id) => {
    const request = await signedRequest({ dialect: 'resource', body: `{"id":${id},"type":"test"}` });
    expect((await receiver().deliver(request)).status).toBe(400);
  });

  test('is refused in the notification dialect', async () => {
    const request = await signedRequest({ body: '{"notif_type":"test"}' });
    expect((await receiver().deliver(request)).status).toBe(400);
  });
});

test('an endpoint without a secret asks for a retry in a minute: a later one would be stale', async () => {
  const answer = await receiver({}).deliver(await signedRequest());
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '60']);
});
