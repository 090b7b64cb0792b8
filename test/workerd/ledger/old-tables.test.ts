// A ledger that an earlier version has written: its rows come along, and code that does not know
// its tables leaves it alone.
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { migrate } from '../../../src/ledger/schema.ts';
import type { Transaction } from '../../../src/ledger/sql.ts';
import { LEASE_MS, STUCK_AFTER_MS, WATCH_INTERVAL_MS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { claimRequest, eventOf, newLedger, report, sendThrough, sentEvent, T0, type TestLedger } from './fixtures.ts';
import { pass } from './watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The tables of version 2, as they were released, and what was unfinished in them. */
const VERSION_2 = [
  `CREATE TABLE deliveries (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, received_at INTEGER NOT NULL, event TEXT,
   refusal TEXT)`,
  `CREATE TABLE events (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, status TEXT NOT NULL, run INTEGER NOT NULL,
   holder TEXT, claim TEXT, lease_until INTEGER NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, type TEXT NOT NULL,
   endpoint TEXT NOT NULL, received_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, tries TEXT NOT NULL,
   steps TEXT NOT NULL,
   attention TEXT AS (CASE WHEN status IN ('processing', 'processed') THEN NULL ELSE status END) VIRTUAL)
   WITHOUT ROWID`,
  'CREATE INDEX events_attention ON events (attention, seq) WHERE attention IS NOT NULL',
  'CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL',
  'CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE tallies (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID',
];

const ROWS = [
  ['done', 'default', 'processed', null, null],
  ['held', 'default', 'processing', 'm-held', null],
  ['waiting', 'host', 'retrying', 'm-waiting', T0 + STUCK_AFTER_MS],
  ['given-up', 'host', 'dead', 'm-given-up', null],
] as const;

async function ledgerOfVersion2(): Promise<TestLedger> {
  const ledger = newLedger();
  await runInDurableObject(ledger, (_, { storage }) => {
    for (const table of ['migrations', 'deliveries', 'events', 'marks', 'tallies']) {
      storage.sql.exec(`DROP TABLE IF EXISTS ${table}`);
    }
    storage.sql.exec('CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)');
    for (const statement of VERSION_2) storage.sql.exec(statement);
    storage.sql.exec('INSERT INTO migrations VALUES (1, 0), (2, 0)');
    for (const [id, endpoint, status, holder, dueAt] of ROWS) {
      const event = JSON.stringify({ ...eventOf(id), endpoint });
      storage.sql.exec('INSERT INTO deliveries (id, received_at, event) VALUES (?, ?, ?)', id, T0, event);
      storage.sql.exec(
        `INSERT INTO events (id, seq, status, run, holder, claim, lease_until, due_at, attempts, type, endpoint,
           received_at, updated_at, tries, steps)
         VALUES (?, last_insert_rowid(), ?, 1, ?, 'c1', ?, ?, 1, 'outbid', ?, ?, ?, '[]', '["mail"]')`,
        ...[id, status, holder, T0 + LEASE_MS, dueAt, endpoint, T0, T0],
      );
    }
    migrate(storage.sql, (work) => storage.transactionSync(work));
  });
  return ledger;
}

test('every row of a version-2 ledger comes along with all that it says', async () => {
  const ledger = await ledgerOfVersion2();
  for (const [id, endpoint, status] of ROWS) {
    expect(await ledger.get(id, endpoint)).toMatchObject({
      ...{ id, endpoint, status, run: 1, attempts: 1, receivedAt: T0, steps: ['mail'] },
      event: { ...eventOf(id), endpoint },
    });
  }
  expect((await ledger.list({}, null, 9)).events.map(({ id }) => id)).toEqual(ROWS.map(([id]) => id).toReversed());
  expect((await ledger.stats()).byStatus).toMatchObject({ processed: 1, processing: 1, retrying: 1, dead: 1 });
});

test('what was unfinished in it is reported, retried and watched over as if nothing had happened', async () => {
  const ledger = await ledgerOfVersion2();
  const sent: string[] = [];
  await sendThrough(ledger, async (text) => void sent.push(sentEvent(text).id));
  // The report of a Worker that claimed before the deploy, which named no endpoint.
  const { endpoint: _, ...before } = report('held');
  expect(await ledger.settle('c1', [before])).toEqual([true]);
  const retry = claimRequest('waiting', { endpoint: 'host' });
  expect(await ledger.claim('c2', [retry])).toMatchObject([{ kind: 'run', attempt: 2, steps: ['mail'] }]);
  await pass(ledger, LEASE_MS + STUCK_AFTER_MS + 2 * WATCH_INTERVAL_MS);
  expect(sent).toEqual(['waiting']);
});

test('code that is older than the tables refuses to start on them', async () => {
  const ledger = newLedger();
  await ledger.claim('c1', [claimRequest('a')]);
  await runInDurableObject(ledger, (object, state) => {
    const { sql } = state.storage;
    const transaction: Transaction = (work) => state.storage.transactionSync(work);
    // The very next version is too new already.
    const [newer] = sql.exec('INSERT INTO migrations SELECT max(version) + 1, 0 FROM migrations RETURNING version');
    const refusal = `version ${newer?.version};`;
    expect(() => migrate(sql, transaction)).toThrow(refusal);
    expect(() => new EventLedger(state, Reflect.get(object, 'env'))).toThrow(refusal);
    sql.exec('DELETE FROM migrations WHERE version = ?', newer?.version);
  });
  expect(await ledger.get('a')).toMatchObject({ status: 'processing' });
});
