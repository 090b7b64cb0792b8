// What the rest of the Worker sees of patrol, and that without a key there is none.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';
import { PATROL_INTERVAL_MS, PATROL_WAKE_EVERY_MS } from '../../../src/limits.ts';
import { readPatrol, wakePatrol } from '../../../src/patrol/client.ts';
import { ROW_SECRETS } from '../../platform/vast-account.ts';
import { batchOf, eventMessage } from '../consumer/batch-message.ts';
import { collectConsole } from '../fakes/console.ts';
import { signedRequest } from '../signed-request.ts';
import { patrolScene } from './scene.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A binding that counts the calls. */
function countedPatrol() {
  const wake = vi.fn(async () => {});
  const getByName = vi.fn(() => ({ wake }));
  return { wake, getByName, PATROL: { getByName } as unknown as Env['PATROL'] };
}

async function bringIn(changes: Partial<Env>): Promise<void> {
  const all = { ...env, ...changes };
  const context = createExecutionContext();
  await worker.fetch(new Request('https://receiver.test/health'), all, context);
  await worker.fetch(await signedRequest({ id: crypto.randomUUID() }), all, context);
  await worker.queue({ ...batchOf([eventMessage({ id: crypto.randomUUID() })]), queue: 'vastai-events' }, all, context);
  await waitOnExecutionContext(context);
}

test('without a key nothing that comes in reaches the object', async () => {
  collectConsole();
  const { PATROL, getByName } = countedPatrol();
  await bringIn({ PATROL });
  expect(getByName).not.toHaveBeenCalled();
  expect(await readPatrol({ PATROL })).toBeUndefined();
});

test('without a key the object sets no alarm and asks nobody', async () => {
  const { account, bindings, withPatrol } = patrolScene();
  bindings.VAST_READ_KEY = '';
  const alarm = await withPatrol(async (patrol, state) => {
    await patrol.wake();
    await patrol.alarm();
    return state.storage.getAlarm();
  });
  expect(alarm).toBeNull();
  expect(account.calls).toEqual([]);
});

test('with a key whatever comes in wakes it, once an hour', async () => {
  collectConsole();
  vi.useFakeTimers({ toFake: ['Date'] });
  const { PATROL, wake } = countedPatrol();
  const withKey = { PATROL, VAST_READ_KEY: 'key' };
  await bringIn(withKey);
  expect(wake).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() + PATROL_WAKE_EVERY_MS);
  await bringIn(withKey);
  expect(wake).toHaveBeenCalledTimes(2);
});

test('an object that cannot be reached is a log line, and no failed request', async () => {
  const output = collectConsole();
  const PATROL = {
    getByName: () => ({ wake: () => Promise.reject(new Error('overloaded')) }),
  } as unknown as Env['PATROL'];
  const work: Promise<unknown>[] = [];
  wakePatrol({ PATROL, VAST_READ_KEY: 'key' }, { waitUntil: (one) => work.push(one) });
  await Promise.all(work);
  expect(output.events()).toMatchObject([{ event: 'patrol.unwatched', error: 'overloaded' }]);
});

test.each([
  ['a first start', null, 0],
  ['a dropped alarm', null, 0],
  ['an alarm that is set', 60_000, 60_000],
  ['an alarm that a clock has put out of reach', 2 * PATROL_INTERVAL_MS, 0],
  ['an alarm that should long have rung', -2 * PATROL_INTERVAL_MS, 0],
])('waking it after %s makes sure that the next look comes', async (_, alarm, expected) => {
  const { bindings, withPatrol } = patrolScene();
  const key = bindings.VAST_READ_KEY;
  bindings.VAST_READ_KEY = '';
  await withPatrol(async (_patrol, { storage }) => {
    if (alarm !== null) await storage.setAlarm(Date.now() + alarm);
  });
  bindings.VAST_READ_KEY = key;
  const at = await withPatrol(async (patrol, { storage }) => {
    await patrol.wake();
    return storage.getAlarm();
  });
  expect(at).toBe(Date.now() + expected);
});

test('the next alarm is set before anything can fail', async () => {
  const { bindings, withPatrol } = patrolScene();
  const at = await withPatrol(async (patrol, { storage }) => {
    vi.spyOn(storage, 'transactionSync').mockImplementation(() => {
      throw new Error('storage is full');
    });
    await patrol.alarm();
    return storage.getAlarm();
  });
  expect(at).toBe(Date.now() + PATROL_INTERVAL_MS);
  expect(bindings.VAST_READ_KEY).toBeTruthy();
});

test('a page reads the picture, and what is open', async () => {
  const { account, bindings, rounds, withPatrol } = patrolScene(2);
  account.add({ end_date: Date.now() / 1000 + 3_600 });
  await rounds(1);
  const memory = await withPatrol((patrol) => patrol.memory());
  const PATROL = { getByName: () => ({ memory: async () => memory }) } as unknown as Env['PATROL'];
  expect(await readPatrol({ ...bindings, PATROL })).toMatchObject({
    picture: { at: Date.now(), stoppedAfter: null, seen: [{ phase: 'running', offline: false }, {}, {}] },
    sightings: [],
    conditions: [{ type: 'observed.ends_soon', created: new Date().toISOString() }],
    failed: null,
  });
  const broken = { getByName: () => ({ memory: () => Promise.reject(new Error('overloaded')) }) };
  expect(await readPatrol({ ...bindings, PATROL: broken as never })).toBeNull();
});

test('no secret of a row is in a log line, an event, the storage or the answer to a page', async () => {
  const { account, id, output, rounds, told, withPatrol } = patrolScene(2);
  account.sendsWholeRows = true;
  await rounds(1);
  account.stop(id, false);
  account.set(account.add(), { gpu_util: 0 });
  await rounds(14);
  account.fault = 500;
  await rounds(3);
  const kept = await withPatrol((patrol, { storage }) => [patrol.memory(), [...storage.kv.list()]]);
  const everything = JSON.stringify([output.lines(), told(), kept]);
  expect(told().length).toBeGreaterThan(3);
  expect(everything).toContain('RTX 4090');
  for (const secret of Object.values(ROW_SECRETS).flat(2)) expect(everything).not.toContain(String(secret));
  expect(everything).not.toContain('vast-read-key');
});
