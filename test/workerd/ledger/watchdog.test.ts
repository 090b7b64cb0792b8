// Events that should long have moved are sent again: a purged queue, a consumer that died with its
// message.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import {
  LEASE_MS,
  REST_INTERVAL_MS,
  RETENTION_MS,
  STUCK_AFTER_MS,
  WATCH_CHARACTERS,
  WATCH_INTERVAL_MS,
} from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import {
  claimRequest,
  eventOf,
  failure,
  newLedger,
  quarantineRequest,
  report,
  T0,
  type TestLedger,
} from './fixtures.ts';
import { alarmOf, ledgerWithoutQueue, pass } from './watch.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  logged = collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('through the real queue', () => {
  const ledger = newLedger('events');
  const processed = (id: string) =>
    vi.waitUntil(async () => (await ledger.get(id))?.status === 'processed', { timeout: 120_000, interval: 100 });

  // Nothing was ever sent for these: as if their messages had been purged.
  test('an event that waits for a retry is processed although its message is gone', async () => {
    await ledger.claim('c1', [claimRequest('purged')]);
    await ledger.settle('c1', [failure('purged')]);
    vi.setSystemTime(T0 + 10_000 + STUCK_AFTER_MS);
    await runDurableObjectAlarm(ledger);
    await processed('purged');
    expect(await ledger.get('purged')).toMatchObject({ tries: [{ outcome: 'failed' }, { outcome: 'succeeded' }] });
  });

  test('an event whose first consumer died with its message is processed', async () => {
    await ledger.claim('c1', [claimRequest('orphan')]);
    await runDurableObjectAlarm(ledger);
    vi.setSystemTime(T0 + LEASE_MS + STUCK_AFTER_MS);
    await runDurableObjectAlarm(ledger);
    await processed('orphan');
  });
});

describe('the watchdog', () => {
  test('finds every stuck event by its own alarms, soon after it is due', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('orphan'), claimRequest('purged'), claimRequest('fine')]);
    await ledger.settle('c1', [failure('purged'), report('fine')]);
    await pass(ledger, STUCK_AFTER_MS);
    expect(sent()).toEqual([]);
    await pass(ledger, LEASE_MS + 2 * WATCH_INTERVAL_MS);
    expect(sent().sort()).toEqual(['orphan', 'purged']);
    expect(await ledger.get('orphan')).toMatchObject({ status: 'queued', event: eventOf('orphan') });
  });

  test('sends an event again, ever more rarely, until a message arrives, and never after', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a')]);
    await pass(ledger, 5 * HOUR_MS);
    expect(sent()).toHaveLength(4);
    await pass(ledger, 5 * DAY_MS);
    expect(sent().length).toBeLessThanOrEqual(4 + 3 + 5);
    await ledger.claim('c2', [claimRequest('a', { messageId: 'new' })]);
    await ledger.settle('c2', [report('a', { messageId: 'new' })]);
    const before = sent().length;
    await pass(ledger, 2 * DAY_MS);
    expect(sent()).toHaveLength(before);
  });

  test('finds a second try whose consumer died, and what has waited longer first', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('later'), claimRequest('first')]);
    await ledger.settle('c1', [failure('later'), failure('first')]);
    // The round that looks at first tries has passed: nothing but their due times leads back to
    // them.
    await runDurableObjectAlarm(ledger);
    await ledger.claim('c2', [claimRequest('first')]);
    vi.setSystemTime(T0 + 1_000);
    await ledger.claim('c3', [claimRequest('later')]);
    vi.setSystemTime(T0 + HOUR_MS);
    await runDurableObjectAlarm(ledger);
    expect(sent()).toEqual(['first', 'later']);
  });

  test('sends an event again once a day at least, however old it is', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a', { receivedAt: T0 - 20 * DAY_MS })]);
    for (const [after, times] of [
      [0, 0],
      [HOUR_MS, 1],
      [HOUR_MS + DAY_MS - 1, 1],
      [HOUR_MS + DAY_MS, 2],
    ] as const) {
      vi.setSystemTime(T0 + after);
      await runDurableObjectAlarm(ledger);
      expect(sent()).toHaveLength(times);
    }
  });

  test('goes on although the queue refuses an event', async () => {
    const { ledger, send, sent } = await ledgerWithoutQueue();
    send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
    await ledger.claim('c1', [claimRequest('a'), claimRequest('b')]);
    await pass(ledger, STUCK_AFTER_MS + LEASE_MS + 2 * WATCH_INTERVAL_MS);
    expect(sent()).toEqual(['a', 'b']);
    const about = { event: 'event.resent', type: 'outbid', endpoint: 'default', reason: 'stuck' };
    expect(logged.events()).toEqual([
      { ...about, id: 'a', error: 'Queue overloaded (10250)' },
      { ...about, id: 'b' },
    ]);
    expect(logged.methods()).toEqual(['error', 'warn']);
    await pass(ledger, STUCK_AFTER_MS + 2 * WATCH_INTERVAL_MS);
    expect(sent().slice(2).sort()).toEqual(['a', 'b']);
  });

  test('leaves an event alone whose retry is not due yet, however long its delay', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [failure('a', { retryAt: T0 + 3 * HOUR_MS })]);
    await pass(ledger, 3 * HOUR_MS);
    expect(sent()).toEqual([]);
  });

  test.each(['dead', 'processed', 'quarantined'] as const)('leaves an event alone that is %s', async (status) => {
    const { ledger, sent } = await ledgerWithoutQueue();
    if (status === 'quarantined') await ledger.quarantine([quarantineRequest('a')]);
    else {
      await ledger.claim('c1', [claimRequest('a')]);
      await ledger.settle('c1', [report('a', { outcome: status })]);
    }
    await pass(ledger, 10 * DAY_MS);
    expect(sent()).toEqual([]);
  });

  test('finds a stuck first try although all that came before it has been forgotten', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a'), claimRequest('b')]);
    await ledger.settle('c1', [report('a'), report('b')]);
    await pass(ledger, RETENTION_MS + DAY_MS);
    expect(await ledger.get('b')).toBeNull();
    await ledger.claim('c2', [claimRequest('orphan')]);
    await pass(ledger, HOUR_MS);
    expect(sent()).toEqual(['orphan']);
  });
});

describe('the alarm', () => {
  test('is set by the first claim, and not written again by the next ones', async () => {
    const ledger = newLedger();
    const set = await runInDurableObject(ledger, (_, state) => vi.spyOn(state.storage, 'setAlarm'));
    await ledger.claim('c1', [claimRequest('a')]);
    expect(await alarmOf(ledger)).toBe(T0 + WATCH_INTERVAL_MS);
    for (const [index, id] of ['b', 'c', 'd'].entries()) {
      vi.setSystemTime(T0 + index * 1_000);
      await ledger.claim(`c-${id}`, [claimRequest(id)]);
    }
    expect(set).toHaveBeenCalledTimes(1);
  });

  test('is brought forward by a claim that comes while all is at rest', async () => {
    const ledger = newLedger();
    await ledger.quarantine([quarantineRequest('q')]);
    expect(await alarmOf(ledger)).toBe(T0 + REST_INTERVAL_MS);
    await ledger.claim('c1', [claimRequest('a')]);
    expect(await alarmOf(ledger)).toBe(T0 + STUCK_AFTER_MS);
  });

  test('rings when the first row falls due, and not every few minutes until then', async () => {
    const { ledger, sent } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a'), claimRequest('b')]);
    await ledger.settle('c1', [failure('a', { retryAt: T0 + HOUR_MS })]);
    await runDurableObjectAlarm(ledger);
    expect(await alarmOf(ledger)).toBe(T0 + LEASE_MS + STUCK_AFTER_MS);
    await ledger.settle('c1', [report('b')]);
    vi.setSystemTime(T0 + LEASE_MS + STUCK_AFTER_MS);
    await runDurableObjectAlarm(ledger);
    expect(sent()).toEqual([]);
    expect(await alarmOf(ledger)).toBe(T0 + HOUR_MS + STUCK_AFTER_MS);
  });

  test('rings seldom while all is at rest', async () => {
    const { ledger } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [report('a')]);
    await runDurableObjectAlarm(ledger);
    expect(await alarmOf(ledger)).toBe(T0 + REST_INTERVAL_MS);
  });
});

/**
 * Lets the alarm fail until the platform gives it up: after seven times it has no alarm any more.
 */
async function dropAlarm(ledger: TestLedger): Promise<void> {
  await runInDurableObject(ledger, (_, state) => state.storage.deleteAlarm());
}

describe('an alarm that the platform has dropped', () => {
  const calls: [string, (ledger: TestLedger) => Promise<unknown>][] = [
    ['a claim', (ledger) => ledger.claim('c2', [claimRequest('b')])],
    ['a report', (ledger) => ledger.settle('c1', [failure('a')])],
    ['a burial', (ledger) => ledger.bury([{ messageId: 'm-a', endpoint: 'default', id: 'a' }])],
    ['a kept delivery', (ledger) => ledger.quarantine([quarantineRequest('q')])],
    ['a replay', (ledger) => ledger.replay(['a'], 'default')],
    ['a replay of many', (ledger) => ledger.replayMany({ status: 'dead' }, null, 10)],
    ['a look at an event', (ledger) => ledger.get('a', 'default')],
    ['a list', (ledger) => ledger.list({}, null, 10)],
    ['the counts', (ledger) => ledger.stats()],
  ];

  test.each(calls)('is armed again by %s', async (_, call) => {
    const { ledger } = await ledgerWithoutQueue();
    await ledger.claim('c1', [claimRequest('a')]);
    vi.setSystemTime(T0 + WATCH_INTERVAL_MS + 1);
    await dropAlarm(ledger);
    await call(ledger);
    expect(await alarmOf(ledger)).toBeGreaterThan(Date.now());
  });

  test('is armed again by the start of the object', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await dropAlarm(ledger);
    await evictDurableObject(ledger);
    expect(await alarmOf(ledger)).toBeGreaterThan(Date.now());
  });

  test('is not set for a ledger in which nothing is', async () => {
    const ledger = newLedger();
    await ledger.stats();
    expect(await alarmOf(ledger)).toBeNull();
  });
});

test('a round that fails has its next one armed before it began', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await runInDurableObject(ledger, async (object, { storage }) => {
    await storage.deleteAlarm();
    vi.spyOn(storage, 'transactionSync').mockImplementation(() => {
      throw new Error('storage is full');
    });
    vi.setSystemTime(T0 + WATCH_INTERVAL_MS);
    await expect((object as EventLedger).alarm()).rejects.toThrow('storage is full');
    vi.restoreAllMocks();
    expect(await storage.getAlarm()).toBe(T0 + 2 * WATCH_INTERVAL_MS);
  });
});

test('a round sends although the arrivals cannot be counted', async () => {
  const { ledger, sent } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await ledger.settle('c1', [failure('a')]);
  await runInDurableObject(ledger, (_, { storage }) => storage.sql.exec('DROP TABLE tallies'));
  vi.setSystemTime(T0 + 10_000 + STUCK_AFTER_MS);
  await runDurableObjectAlarm(ledger);
  expect(sent()).toEqual(['a']);
  expect(logged.events()).toContainEqual({ event: 'ledger.uncounted', error: expect.stringContaining('tallies') });
});

test('a round takes on no more than its memory holds, and comes back at once for the rest', async () => {
  const { ledger, sent } = await ledgerWithoutQueue();
  const ids = Array.from({ length: 300 }, (_, index) => `large-${index}`);
  const filler = 'x'.repeat(60_000);
  for (let start = 0; start < ids.length; start += 50) {
    const requests = ids.slice(start, start + 50).map((id) => {
      const event = JSON.stringify({ ...eventOf(id), data: { filler } });
      return claimRequest(id, { event });
    });
    await ledger.claim(`c-${start}`, requests);
    await ledger.settle(
      `c-${start}`,
      requests.map(({ id }) => failure(id)),
    );
  }
  vi.setSystemTime(T0 + 10_000 + STUCK_AFTER_MS + WATCH_INTERVAL_MS);
  await runDurableObjectAlarm(ledger);
  expect(sent().length * filler.length).toBeLessThan(WATCH_CHARACTERS + 2 * filler.length);
  expect(await alarmOf(ledger)).toBe(Date.now() + 1_000);
  await pass(ledger, 10_000);
  expect(new Set(sent())).toEqual(new Set(ids));
  expect(sent()).toHaveLength(ids.length);
}, 60_000);

test('a round stops at the first group that the queue refuses, and leaves the rest to later ones', async () => {
  const { ledger, send, sent } = await ledgerWithoutQueue();
  const ids = Array.from({ length: 60 }, (_, index) => `e${index}`);
  await ledger.claim(
    'c1',
    ids.map((id) => claimRequest(id)),
  );
  await ledger.settle(
    'c1',
    ids.map((id) => failure(id)),
  );
  send.mockRejectedValue(new Error('Queue overloaded (10250)'));
  await pass(ledger, 10_000 + STUCK_AFTER_MS + WATCH_INTERVAL_MS);
  expect(sent()).toHaveLength(20);
  send.mockResolvedValue();
  await pass(ledger, STUCK_AFTER_MS + 2 * WATCH_INTERVAL_MS);
  expect(new Set(sent())).toEqual(new Set(ids));
});

test('a try that was never reported is in the history after the watchdog has sent the event again', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await pass(ledger, LEASE_MS + STUCK_AFTER_MS + 2 * WATCH_INTERVAL_MS);
  expect(await ledger.get('a')).toMatchObject({ status: 'queued', tries: [{ outcome: 'lost', at: T0 + LEASE_MS }] });
});
