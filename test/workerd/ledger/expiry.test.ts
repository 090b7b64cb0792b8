// Forgetting: finished events after their retention, unfinished ones never, and fast enough for a
// busy month.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Store } from '../../../src/ledger/store.ts';
import {
  FINISHED_KEPT_MS,
  REST_INTERVAL_MS,
  RETENTION_MS,
  SEEN_TTL_SECONDS,
  WATCH_CHUNK,
} from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { claimRequest, failure, quarantineRequest, report, T0 } from './fixtures.ts';
import { alarmOf, ledgerWithoutQueue, pass } from './watch.ts';

const DAY_MS = 86_400_000;

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  logged = collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('events are remembered at least as long as their ids in KV', () => {
  expect(RETENTION_MS).toBeGreaterThanOrEqual(SEEN_TTL_SECONDS * 1000);
});

test('finished events are forgotten after their retention, and not before', async () => {
  const { ledger } = await ledgerWithoutQueue();
  const ids = ['processed', 'dead', 'quarantined'];
  await ledger.claim('c1', [claimRequest('processed'), claimRequest('dead')]);
  await ledger.settle('c1', [report('processed'), report('dead', { outcome: 'dead', error: 'Error: no' })]);
  await ledger.quarantine([quarantineRequest('quarantined')]);
  await pass(ledger, RETENTION_MS);
  for (const id of ids) expect(await ledger.get(id)).toMatchObject({ status: id });
  await pass(ledger, 2 * REST_INTERVAL_MS);
  for (const id of ids) expect(await ledger.get(id)).toBeNull();
  expect(logged.events()).toEqual([{ event: 'ledger.expired', count: 3 }]);
});

test('an empty ledger sleeps', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await ledger.settle('c1', [report('a')]);
  await pass(ledger, RETENTION_MS + DAY_MS);
  expect(await alarmOf(ledger)).toBeNull();
});

test('unfinished events are never forgotten, however old', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('processing'), claimRequest('retrying'), claimRequest('queued')]);
  await ledger.settle('c1', [failure('retrying', { retryAt: T0 + 90 * DAY_MS }), failure('queued')]);
  await ledger.replay(['queued']);
  vi.setSystemTime(T0 + RETENTION_MS + DAY_MS);
  await runDurableObjectAlarm(ledger);
  for (const id of ['processing', 'queued']) expect(await ledger.get(id)).not.toBeNull();
  expect(await ledger.get('retrying')).toMatchObject({ status: 'retrying' });
});

test('an event received at the very moment that the retention goes back to is kept', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a', { receivedAt: T0 })]);
  await ledger.settle('c1', [report('a')]);
  const expired = await runInDurableObject(ledger, (_, { storage }) => {
    const store = new Store(storage.sql);
    return [T0, T0 + 1].map((before) => store.expire(before, T0 + DAY_MS, 10));
  });
  expect(expired).toEqual([0, 1]);
});

test('forgetting an event leaves the one with its id at another endpoint', async () => {
  const { ledger } = await ledgerWithoutQueue();
  const atHost = { messageId: 'm@host', endpoint: 'host' };
  await ledger.claim('c1', [claimRequest('shared'), claimRequest('shared', atHost)]);
  const retryAt = T0 + 90 * DAY_MS;
  await ledger.settle('c1', [report('shared'), failure('shared', { ...atHost, retryAt })]);
  vi.setSystemTime(T0 + RETENTION_MS + DAY_MS);
  await runDurableObjectAlarm(ledger);
  expect(await ledger.get('shared', 'default')).toBeNull();
  expect(await ledger.get('shared', 'host')).toMatchObject({ status: 'retrying' });
});

test('forgetting keeps pace although an old event is still unfinished', { timeout: 60_000 }, async () => {
  const { ledger } = await ledgerWithoutQueue();
  const finished = Array.from({ length: 3 * WATCH_CHUNK }, (_, index) => `e${index}`);
  await ledger.claim('c1', [claimRequest('waiting'), ...finished.map((id) => claimRequest(id))]);
  await ledger.settle('c1', [failure('waiting', { retryAt: T0 + 90 * DAY_MS }), ...finished.map((id) => report(id))]);
  // The watchdog looks at every first try soon after it arrived; on the last day it has only to
  // forget.
  for (let round = 0; round * WATCH_CHUNK <= finished.length; round += 1) await runDurableObjectAlarm(ledger);
  vi.setSystemTime(T0 + RETENTION_MS + DAY_MS);
  await runDurableObjectAlarm(ledger);
  await pass(ledger, 60_000);
  expect(await ledger.stats()).toMatchObject({ total: 1, byStatus: { retrying: 1 } });
});

test('an event that ends after its retention stays a week longer, for late copies and an operator', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('dies'), claimRequest('ends')]);
  const endedAt = T0 + RETENTION_MS + DAY_MS;
  vi.setSystemTime(endedAt);
  await ledger.settle('c1', [report('dies', { outcome: 'dead', error: 'Error: no' }), report('ends')]);
  for (const [later, expected] of [
    [FINISHED_KEPT_MS, ['dead', 'processed']],
    [FINISHED_KEPT_MS + 1, [undefined, undefined]],
  ] as const) {
    vi.setSystemTime(endedAt + later);
    await runDurableObjectAlarm(ledger);
    const left = [await ledger.get('dies'), await ledger.get('ends')];
    expect(left.map((event) => event?.status)).toEqual(expected);
  }
});

test('no place is given twice, though an event of an earlier place ends after the last one was forgotten', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('ends late'), claimRequest('last')]);
  await ledger.settle('c1', [failure('ends late', { retryAt: T0 + 90 * DAY_MS }), report('last')]);
  vi.setSystemTime(T0 + RETENTION_MS + DAY_MS);
  await runDurableObjectAlarm(ledger);
  expect(await ledger.get('last')).toBeNull();
  await ledger.claim('c2', [claimRequest('ends late')]);
  await ledger.settle('c2', [report('ends late')]);
  vi.setSystemTime(T0 + RETENTION_MS + 3 * DAY_MS + FINISHED_KEPT_MS);
  await runDurableObjectAlarm(ledger);
  expect(await ledger.get('ends late')).toBeNull();
  await ledger.claim('c3', [claimRequest('new', { receivedAt: Date.now() })]);
  expect(await ledger.feed(0, 10)).toMatchObject({ events: [{ seq: 3 }], next: 3 });
});

test('what was told of a condition is forgotten a week after its last event, and no sooner', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await ledger.settle('c1', [report('a')]);
  const about = { key: 'instance_offline of instance 1', type: 'instance_offline', created: T0, event: 'a' };
  await ledger.askToTell({ ...about, resolves: false, isRetry: false, quietMs: 0, hearers: { slack: 'news' } });
  const remembered = async (later: number) => {
    vi.setSystemTime(T0 + later);
    await runDurableObjectAlarm(ledger);
    return runInDurableObject(ledger, (_, { storage }) => storage.sql.exec('SELECT key FROM told').toArray().length);
  };
  expect(await remembered(FINISHED_KEPT_MS)).toBe(1);
  expect(await remembered(FINISHED_KEPT_MS + 1)).toBe(0);
});
