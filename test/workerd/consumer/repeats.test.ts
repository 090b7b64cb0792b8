// Events about one instance that come close together, from the queue to the platforms: batches run
// as they are, with the ledger's own memory.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import { defineHandlers } from '../../../src/consumer/define-handlers.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import type { Env } from '../../../src/env.ts';
import { mentionsIn } from '../../../src/event/mentions.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { chats, openRoom, type Platform } from '../destinations/platforms.ts';
import { collectConsole } from '../fakes/console.ts';
import { batchOf, depsOf, envWithLedger, eventMessage, fateOf } from './batch-message.ts';

let logged: ReturnType<typeof collectConsole>;
let room: ReturnType<typeof openRoom>;
let instance: number;
let start: number;
beforeEach(() => {
  logged = collectConsole();
  room = openRoom();
  instance = Math.floor(Math.random() * 1e9);
  start = Date.now() - 60_000;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Fixed for a test, however slowly it runs. */
const secondsIn = (second: number) => new Date(start + second * 1000).toISOString();

const handlers = defineHandlers({ fallback: (event, context) => notifyAll(context, event) });
const deps = (bindings: Env = env) => depsOf({ env: { ...bindings, ...room.secrets }, handlers });

function messageOf(type: string, created = new Date().toISOString(), id: string = crypto.randomUUID()) {
  const data = { subject: type, message: `Your instance ${instance} tells of ${type}.` };
  const mentions = mentionsIn(data);
  return eventMessage({ id, type, created, data, ...(mentions && { mentions }) });
}

const heardBy = async (platform: Platform) => (await room.received(platform)).map(({ body }) => body);
const countOf = async (platform: Platform) => (await heardBy(platform)).length;
const counts = async () =>
  Object.fromEntries(await Promise.all(chats.map(async (chat) => [chat, await countOf(chat)])));
const each = (count: number) => Object.fromEntries(chats.map((chat) => [chat, count]));

test('three of one instance at once are one message for everybody, and the next says how many there were', async () => {
  const batch = ['instance_offline', 'instance_offline', 'instance_offline'].map((type) => messageOf(type));
  await handleBatch(batchOf(batch), deps());
  expect(batch.map(fateOf)).toEqual(['acked', 'acked', 'acked']);
  expect(await counts()).toEqual(each(1));
  // A program counts for itself.
  expect(await countOf('forward')).toBe(3);
  await handleBatch(batchOf([messageOf('instance_online')]), deps());
  expect(await counts()).toEqual(each(2));
  for (const chat of chats) {
    const [first, next] = await heardBy(chat);
    expect(first).not.toContain('since the last message');
    expect(next).toContain('2 repeats since the last message');
  }
});

test('and so are three in batches of their own, side by side', async () => {
  const batches = [1, 2, 3].map(() => batchOf([messageOf('instance_offline')]));
  await Promise.all(batches.map((batch) => handleBatch(batch, deps())));
  expect(await counts()).toEqual(each(1));
  await handleBatch(batchOf([messageOf('instance_online')]), deps());
  expect((await heardBy('telegram'))[1]).toContain('2 repeats');
});

test('PagerDuty triggers and resolves by one key, and every resolve passes', async () => {
  for (const type of ['instance_offline', 'instance_online', 'instance_online']) {
    await handleBatch(batchOf([messageOf(type)]), deps());
  }
  const posts = (await heardBy('pagerduty')).map((body) => JSON.parse(body));
  expect(posts.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve', 'resolve']);
  expect(new Set(posts.map(({ dedup_key }) => dedup_key))).toEqual(
    new Set([`instance_offline of instance ${instance}`]),
  );
  expect(await countOf('slack')).toBe(2);
});

test('an event that is older than what closed it opens nothing', async () => {
  await handleBatch(batchOf([messageOf('instance_online', secondsIn(2))]), deps());
  await handleBatch(batchOf([messageOf('instance_offline', secondsIn(1))]), deps());
  const actions = (await heardBy('pagerduty')).map((body) => JSON.parse(body).event_action);
  expect(actions).toEqual(['resolve']);
  expect(await heardBy('slack')).toEqual([expect.stringContaining('instance_online')]);
  // Nobody was alarmed, so nobody needs an all-clear.
  expect([await countOf('ntfy'), await countOf('telegram')]).toEqual([0, 0]);
});

test('nor does an end that is older than a newer opening end its alert', async () => {
  for (const [type, second] of [
    ['instance_offline', 0],
    ['instance_offline', 20],
    ['instance_online', 10],
    ['instance_online', 30],
  ] as const) {
    await handleBatch(batchOf([messageOf(type, secondsIn(second))]), deps());
  }
  const posts = (await heardBy('pagerduty')).map((body) => JSON.parse(body));
  expect(posts.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
  expect(posts[1].payload.timestamp).toBe(secondsIn(30));
});

test('the all-clear goes where the alarm went, though it is not urgent', async () => {
  await handleBatch(batchOf([messageOf('outbid')]), deps());
  await handleBatch(batchOf([messageOf('instance_resumed')]), deps());
  await handleBatch(batchOf([messageOf('instance_started')]), deps());
  expect([await countOf('ntfy'), await countOf('telegram'), await countOf('slack')]).toEqual([2, 2, 3]);
  const [alarm, allClear] = (await heardBy('ntfy')).map((body) => JSON.parse(body).priority);
  expect([alarm, allClear]).toEqual([5, 2]);
});

test('what one destination has missed counts for the others only, and is told it by the retry', async () => {
  await room.answers('slack', { status: 500 }, { status: 500 });
  const [first, second] = [messageOf('instance_offline'), messageOf('instance_offline')];
  await handleBatch(batchOf([first]), deps());
  await handleBatch(batchOf([second]), deps());
  expect([first, second].map(fateOf)).toMatchObject([{ retriedAfter: 5 }, { retriedAfter: 5 }]);
  expect([await countOf('slack'), await countOf('discord')]).toEqual([2, 1]);
  await handleBatch(batchOf([{ ...first, ack: vi.fn(), attempts: 2 }]), deps());
  await handleBatch(batchOf([{ ...second, ack: vi.fn(), attempts: 2 }]), deps());
  expect((await room.received('slack')).map(({ status }) => status)).toEqual([500, 500, 200]);
  expect(await countOf('discord')).toBe(1);
});

test('a repeat stays in the ledger, and the log says to whom it was not told', async () => {
  const id = crypto.randomUUID();
  await handleBatch(batchOf([messageOf('outbid')]), deps());
  await handleBatch(batchOf([messageOf('outbid', undefined, id)]), deps());
  expect(await openLedger(env).get(id)).toMatchObject({ status: 'processed', event: { id } });
  expect(logged.events()).toContainEqual(
    expect.objectContaining({ event: 'destination.withheld', id, reason: 'repeat', note: chats.join(', ') }),
  );
});

test('events whose text names no instance are told each', async () => {
  const message = () => eventMessage({ id: crypto.randomUUID(), type: 'low_credit', data: { subject: 'Low credit' } });
  await handleBatch(batchOf([message(), message()]), deps());
  expect(await counts()).toEqual(each(2));
  const keys = (await heardBy('pagerduty')).map((body) => JSON.parse(body).dedup_key);
  expect(new Set(keys).size).toBe(2);
});

describe('where the memory', () => {
  /** The bindings with a ledger that does all but this. */
  const without = (method: 'askToTell' | 'noteTold', fail: () => Promise<never>): Env => {
    const { LEDGER } = envWithLedger(() => {}) as unknown as { LEDGER: { getByName(name: string): object } };
    const getByName = (name: string) => {
      const stub = openLedger(env);
      const memory = {
        askToTell: (...parameters: Parameters<typeof stub.askToTell>) => stub.askToTell(...parameters),
        noteTold: (...parameters: Parameters<typeof stub.noteTold>) => stub.noteTold(...parameters),
      };
      return { ...LEDGER.getByName(name), ...memory, [method]: fail };
    };
    return { ...env, LEDGER: { getByName } as unknown as typeof env.LEDGER };
  };
  const failing = () => Promise.reject(new Error('Network connection lost.'));

  test('cannot be asked, everything is told', async () => {
    const batch = [messageOf('instance_offline'), messageOf('instance_offline')];
    await handleBatch(batchOf(batch), deps(without('askToTell', failing)));
    expect(batch.map(fateOf)).toEqual(['acked', 'acked']);
    expect(await counts()).toEqual(each(2));
    expect(logged.events()).toContainEqual(expect.objectContaining({ event: 'destination.unremembered' }));
  });

  test('is an older object, which knows nothing of it, everything is told', async () => {
    await handleBatch(batchOf([messageOf('instance_offline')]), deps(envWithLedger(() => {})));
    expect(await counts()).toEqual(each(1));
  });

  test('does not answer, its 3 s are not the handler’s 30', async () => {
    const bindings = without('askToTell', () => new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const handling = handleBatch(batchOf([messageOf('instance_offline')]), deps(bindings));
    const ended = vi.fn();
    void handling.then(ended);
    for (let second = 0; second < 5 && ended.mock.calls.length === 0; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    vi.useRealTimers();
    await handling;
    expect(await counts()).toEqual(each(1));
  });

  test('cannot note whom a message reached, the next waits for the reservation to end', async () => {
    await handleBatch(batchOf([messageOf('instance_offline')]), deps(without('noteTold', failing)));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = messageOf('instance_offline');
    const ended = vi.fn();
    const handling = handleBatch(batchOf([waiting]), deps());
    void handling.then(ended);
    while (ended.mock.calls.length === 0) {
      await vi.advanceTimersByTimeAsync(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    vi.useRealTimers();
    expect(fateOf(waiting)).toEqual({ retriedAfter: expect.closeTo(40, -1) });
    expect(await counts()).toEqual(each(1));
  });
});
