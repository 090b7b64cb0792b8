// A ledger that an earlier version has written: its rows come along, and code that does not know
// its tables leaves it alone.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { migrate } from '../../../src/ledger/schema.ts';
import type { Transaction } from '../../../src/ledger/sql.ts';
import { LEASE_MS, STUCK_AFTER_MS, WATCH_INTERVAL_MS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import {
  claimRequest,
  eventOf,
  feedOf,
  newLedger,
  report,
  sendThrough,
  sentEvent,
  T0,
  type TestLedger,
} from './fixtures.ts';
import { pass } from './watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The tables as they were released. */
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

const VERSION_3 = [
  ...VERSION_2.map((statement) => statement.replace('id TEXT PRIMARY KEY', 'id TEXT NOT NULL')).map((statement) =>
    statement.replace(/VIRTUAL\)/, 'VIRTUAL, PRIMARY KEY (id, endpoint))'),
  ),
  `ALTER TABLE deliveries ADD COLUMN endpoint TEXT NOT NULL DEFAULT 'default'`,
];

/** As of the feed and of what was told; what is counted has no places of hours yet. */
const VERSION_5 = [
  ...VERSION_3,
  'CREATE TABLE told (key TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID',
];

const TABLES = { 2: VERSION_2, 3: VERSION_3, 5: VERSION_5 };

const FAILED = [{ at: T0, ms: 9, outcome: 'failed', error: 'Error: no' }];
const ROWS = [
  ['kept', 'default', 'quarantined', null, null, []],
  ['done', 'default', 'processed', null, null, [{ at: T0, ms: 9, outcome: 'succeeded' }]],
  ['held', 'default', 'processing', 'm-held', null, []],
  ['waiting', 'host', 'retrying', 'm-waiting', T0 + STUCK_AFTER_MS, FAILED],
  ['given-up', 'host', 'dead', 'm-given-up', null, FAILED],
] as const;

async function ledgerOfVersion(version: keyof typeof TABLES): Promise<TestLedger> {
  const ledger = newLedger();
  await runInDurableObject(ledger, (_, { storage }) => {
    for (const table of ['migrations', 'deliveries', 'events', 'marks', 'tallies', 'told']) {
      storage.sql.exec(`DROP TABLE IF EXISTS ${table}`);
    }
    storage.sql.exec('CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)');
    for (const statement of TABLES[version]) storage.sql.exec(statement);
    for (let done = 1; done <= version; done += 1) storage.sql.exec('INSERT INTO migrations VALUES (?, 0)', done);
    for (const [id, endpoint, status, holder, dueAt, tries] of ROWS) {
      const event = JSON.stringify({ ...eventOf(id), endpoint });
      storage.sql.exec('INSERT INTO deliveries (id, received_at, event) VALUES (?, ?, ?)', id, T0, event);
      if (version > 2) storage.sql.exec('UPDATE deliveries SET endpoint = ? WHERE id = ?', endpoint, id);
      storage.sql.exec(
        `INSERT INTO events (id, seq, status, run, holder, claim, lease_until, due_at, attempts, type, endpoint,
           received_at, updated_at, tries, steps)
         VALUES (?, last_insert_rowid(), ?, 1, ?, 'c1', ?, ?, ?, 'outbid', ?, ?, ?, ?, '["mail"]')`,
        ...[id, status, holder, T0 + LEASE_MS, dueAt, status === 'quarantined' ? 0 : 1, endpoint, T0, T0],
        JSON.stringify(tries),
      );
    }
    // As arrivals were counted then: all five, later only those that had gone to a handler.
    const groups = [[Math.floor(T0 / 3_600_000), 'outbid', version < 5 ? 5 : 4]];
    const counted = { to: 5, lastReceivedAt: T0, groups };
    storage.sql.exec(`INSERT INTO tallies VALUES ('arrivals', ?)`, JSON.stringify(counted));
    migrate(storage.sql, (work) => storage.transactionSync(work));
  });
  // Its memory is of the tables that were dropped.
  await evictDurableObject(ledger);
  return ledger;
}

describe.each([2, 3, 5] as const)('a ledger of version %i', (version) => {
  test('comes along with every row and all that it says', async () => {
    const ledger = await ledgerOfVersion(version);
    for (const [id, endpoint, status] of ROWS) {
      expect(await ledger.get(id, endpoint)).toMatchObject({
        ...{ id, endpoint, status, run: 1, receivedAt: T0, steps: ['mail'] },
        event: { ...eventOf(id), endpoint },
      });
    }
    expect((await ledger.list({}, null, 9)).events.map(({ id }) => id)).toEqual(ROWS.map(([id]) => id).toReversed());
    const byStatus = { processed: 1, processing: 1, retrying: 1, dead: 1, quarantined: 1, queued: 0 };
    const totals = { tries: { succeeded: 1, failed: 2, lost: 0 }, duplicates: 0 };
    expect(await ledger.stats()).toMatchObject({ total: 5, byStatus, totals });
    const seen = await ledger.list({ from: new Date(T0).toISOString() }, null, 9);
    expect(seen.events).toHaveLength(5);
    const about = { key: 'instance_offline of instance 1', type: 'instance_offline', created: T0, event: 'held' };
    const telling = { ...about, resolves: false, isRetry: false, quietMs: 0, hearers: { slack: 'news' } } as const;
    expect(await ledger.askToTell(telling)).toEqual({ untold: { slack: 0 } });
  });

  test('has what was unfinished in it reported, retried and watched over as if nothing had happened', async () => {
    const ledger = await ledgerOfVersion(version);
    const sent: string[] = [];
    await sendThrough(ledger, async (text) => void sent.push(sentEvent(text).id));
    // The report of a Worker that claimed before the deploy; before version 3 it named no endpoint.
    const { endpoint, ...before } = report('held');
    expect(await ledger.settle('c1', [version === 2 ? before : { ...before, endpoint: endpoint ?? '' }])).toEqual([
      true,
    ]);
    const retry = claimRequest('waiting', { endpoint: 'host' });
    expect(await ledger.claim('c2', [retry])).toMatchObject([{ kind: 'run', attempt: 2, steps: ['mail'] }]);
    await pass(ledger, LEASE_MS + STUCK_AFTER_MS + 2 * WATCH_INTERVAL_MS);
    expect(sent).toEqual(['waiting']);
  });

  test('gives the feed what had gone to a handler, as it arrived, and the rest once it runs', async () => {
    const ledger = await ledgerOfVersion(version);
    const first = await feedOf(ledger, 0, 9);
    expect(first.events.map(({ event, seq }) => [event.id, seq])).toEqual([
      ['done', 2],
      ['held', 3],
      ['waiting', 4],
      ['given-up', 5],
    ]);
    await ledger.claim('c2', [claimRequest('new'), claimRequest('kept')]);
    const later = await feedOf(ledger, first.next, 9);
    expect(later.events.map(({ event, seq }) => [event.id, seq])).toEqual([
      ['new', 6],
      ['kept', 7],
    ]);
    expect(await ledger.stats()).toMatchObject({ total: 6, byStatus: { processing: 3, quarantined: 0, processed: 1 } });
  });
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
