// The feed: every event that has gone to a handler, each once, oldest first.
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { readFeed } from '../../../src/ledger/feed.ts';
import { Store } from '../../../src/ledger/store.ts';
import { FEED_CHARACTERS, RETENTION_MS } from '../../../src/limits.ts';
import { ROWS_OF_EMPTY_PAGE } from '../../cost/row-scenarios.ts';
import { collectConsole } from '../fakes/console.ts';
import {
  claimRequest,
  eventOf,
  failure,
  feedOf,
  newLedger,
  quarantineRequest,
  report,
  T0,
  type TestLedger,
} from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';
import { ledgerWithoutQueue, pass } from './watch.ts';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function succeed(ledger: TestLedger, ...ids: string[]): Promise<void> {
  const claim = crypto.randomUUID();
  await ledger.claim(
    claim,
    ids.map((id) => claimRequest(id)),
  );
  await ledger.settle(
    claim,
    ids.map((id) => report(id)),
  );
}

/** Reads on until nothing is left. */
async function readOn(ledger: TestLedger, after: number, limit = 2) {
  const ids: string[] = [];
  for (let from = after; ; ) {
    const { events, next } = await feedOf(ledger, from, limit);
    ids.push(...events.map(({ event }) => event.id));
    if (next === from) return { ids, next };
    from = next;
  }
}

test('gives each event in its place with its envelope and its status of the moment', async () => {
  const ledger = newLedger();
  await succeed(ledger, 'a');
  await ledger.claim('c2', [claimRequest('b'), claimRequest('c', { endpoint: 'host' })]);
  await ledger.settle('c2', [failure('b')]);
  const { events, next } = await feedOf(ledger, 0, 10);
  expect(events).toMatchObject([
    { status: 'processed', event: eventOf('a') },
    { status: 'retrying', event: { id: 'b' } },
    { status: 'processing', event: { id: 'c' } },
  ]);
  expect(next).toBe(events.at(-1)?.seq);
  expect(await ledger.feed(next, 10)).toEqual({ events: [], next });
});

test('an event keeps its place, however often it is tried, given up and replayed', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await ledger.claim('c1', [claimRequest('a')]);
  await succeed(ledger, 'b');
  const first = await readOn(ledger, 0);
  await ledger.settle('c1', [report('a', { outcome: 'dead', error: 'Error: no' })]);
  await ledger.replay(['a']);
  await ledger.claim('c3', [claimRequest('a', { messageId: 'again' })]);
  expect(await readOn(ledger, first.next)).toEqual({ ids: [], next: first.next });
  expect((await readOn(ledger, 0)).ids).toEqual(['a', 'b']);
});

describe('what was kept aside', () => {
  test('is passed, and takes its place at the end once it goes to a handler', async () => {
    const { ledger } = await ledgerWithoutQueue();
    await ledger.quarantine([quarantineRequest('kept'), quarantineRequest('genuine'), quarantineRequest('never')]);
    await succeed(ledger, 'a');
    const before = await readOn(ledger, 0, 1);
    expect(before.ids).toEqual(['a']);
    await ledger.replay(['kept']);
    expect(await readOn(ledger, before.next)).toMatchObject({ ids: [] });
    const [, answer] = await ledger.claim('c2', [claimRequest('genuine'), claimRequest('kept')]);
    await succeed(ledger, 'b');
    const after = await readOn(ledger, before.next);
    expect(after.ids).toEqual(['genuine', 'kept', 'b']);
    await ledger.settle('c2', [report('genuine'), report('kept', { run: answer?.kind === 'run' ? answer.run : 0 })]);
    expect(await readOn(ledger, after.next)).toMatchObject({ ids: [] });
    for (const id of ['genuine', 'kept']) {
      expect(await ledger.get(id)).toMatchObject({ status: 'processed', refusal: { reason: 'timestamp_stale' } });
    }
  });

  test('is counted once, before and after', async () => {
    const { ledger } = await ledgerWithoutQueue();
    await ledger.quarantine([quarantineRequest('kept'), quarantineRequest('genuine')]);
    await succeed(ledger, 'a');
    expect(await ledger.stats()).toMatchObject({ total: 3, byStatus: { quarantined: 2, processed: 1 } });
    await succeed(ledger, 'genuine');
    await ledger.replay(['kept']);
    expect(await ledger.stats()).toMatchObject({ total: 3, byStatus: { quarantined: 0, queued: 1, processed: 2 } });
    await ledger.claim('c3', [claimRequest('kept')]);
    expect(await ledger.stats()).toMatchObject({ total: 3, byStatus: { processing: 1, processed: 2 } });
  });
});

test('a place is never given again, even after everything has been deleted', async () => {
  const { ledger } = await ledgerWithoutQueue();
  await succeed(ledger, 'a', 'b');
  const { next } = await readOn(ledger, 0);
  for (const id of ['c', 'd']) {
    await pass(ledger, RETENTION_MS + DAY_MS);
    expect(await ledger.list({}, null, 1)).toMatchObject({ events: [] });
    await succeed(ledger, id);
  }
  expect((await readOn(ledger, next)).ids).toEqual(['d']);
  const [last] = (await feedOf(ledger, next, 10)).events;
  expect(last?.seq).toBe(next + 2);
});

describe('from the end', () => {
  test('begins so many places before the last one, and at the first where there are fewer', async () => {
    const ledger = newLedger();
    expect(await ledger.feed(-2, 10)).toEqual({ events: [], next: 0 });
    await succeed(ledger, 'a', 'b', 'c');
    expect((await feedOf(ledger, -2, 10)).events.map(({ event }) => event.id)).toEqual(['b', 'c']);
    expect((await feedOf(ledger, -9, 10)).events).toHaveLength(3);
  });

  test('knows a place that this ledger never gave, and its own after everything has been deleted', async () => {
    const { ledger } = await ledgerWithoutQueue();
    expect(await ledger.feed(0, 10)).toEqual({ events: [], next: 0 });
    expect(await ledger.feed(1, 10)).toBeNull();
    await succeed(ledger, 'a', 'b');
    const { next } = await readOn(ledger, 0);
    expect(await ledger.feed(next + 1, 10)).toBeNull();
    await pass(ledger, RETENTION_MS + DAY_MS);
    expect(await ledger.list({}, null, 1)).toMatchObject({ events: [] });
    expect(await ledger.feed(next, 10)).toEqual({ events: [], next });
    expect(await ledger.feed(next + 1, 10)).toBeNull();
  });
});

/** What a page costs in rows, and how many events it holds. */
const measure = (ledger: TestLedger, after: number, limit: number) =>
  runInDurableObject<EventLedger, { rows: number; events: number }>(ledger, (_, { storage }) => {
    const sql = new MeteredSql(storage.sql);
    const events = readFeed(sql, new Store(sql), after, limit)?.events.length ?? 0;
    return { rows: sql.rowsRead(), events };
  });

test('reads two rows for each event, and next to none where nothing is left', async () => {
  const ledger = newLedger();
  await succeed(ledger, ...Array.from({ length: 100 }, (_, index) => `e${index}`));
  expect(await measure(ledger, 0, 40)).toEqual({ rows: 2 * 40, events: 40 });
  expect(await measure(ledger, 100, 40)).toEqual({ rows: ROWS_OF_EMPTY_PAGE, events: 0 });
});

test('a page ends before it is too large, and reads no further; its first event always fits', async () => {
  const ledger = newLedger();
  const large = (id: string, length: number) =>
    claimRequest(id, { event: JSON.stringify({ ...eventOf(id), data: { text: 'x'.repeat(length) } }) });
  const half = FEED_CHARACTERS / 2;
  await ledger.claim('c1', [large('a', half), large('b', half), large('c', FEED_CHARACTERS), large('d', 1)]);
  expect(await readOn(ledger, 0, 10)).toEqual({ ids: ['a', 'b', 'c', 'd'], next: 4 });
  for (const after of [0, 1, 2]) {
    const { events, rows } = await measure(ledger, after, 10);
    expect(events).toBe(1);
    // The one that does not fit, and one that the cursor has read ahead.
    expect(rows).toBeLessThanOrEqual(2 * (1 + 2));
  }
});
