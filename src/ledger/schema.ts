// The tables, as a list of migrations: each runs once, in order, and is never edited after it has
// been released.
//
// What never changes (the envelope) and what changes (the state) live apart, so that an event that
// succeeds at first try writes three rows: `deliveries` and `events` on claim, `events` on settle.
// For the same reason `events` is WITHOUT ROWID (an ordinary table pays a second row for its text
// key) and its indexes leave out `processing` and `processed`. `npm run cost` counts these rows and
// what comes on top.
//
// All times are milliseconds since the epoch. Where a column's name does not say what it holds:
//
// - `seq`: the place in the ledger, by arrival; what is kept aside takes a new one when it runs.
// - `event`: the envelope as JSON; null where the body could not be read.
// - `refusal`: of a quarantined delivery: reason, headers and raw body (base64) as JSON.
// - `due_at`: when the watchdog should look; null for a first try, which it finds by `seq`.
// - `tries`, `steps`: JSON lists of the latest tries and of the `once()` steps that succeeded.
// - `tallies.json`: what has been counted, and how far: see `stats.ts`.
// - `told.json`: who was told of a condition, and when: see `told.ts`.
import { firstValue, type Sql, type Transaction } from './sql.ts';

const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE deliveries (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL,
     received_at INTEGER NOT NULL,
     event TEXT,
     refusal TEXT
   )`,
    `CREATE TABLE events (
     id TEXT PRIMARY KEY,
     seq INTEGER NOT NULL,
     status TEXT NOT NULL,
     run INTEGER NOT NULL,
     holder TEXT,
     claim TEXT,
     lease_until INTEGER NOT NULL,
     due_at INTEGER,
     attempts INTEGER NOT NULL,
     type TEXT NOT NULL,
     endpoint TEXT NOT NULL,
     received_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL,
     tries TEXT NOT NULL,
     steps TEXT NOT NULL,
     attention TEXT AS (CASE WHEN status IN ('processing', 'processed') THEN NULL ELSE status END) VIRTUAL
   ) WITHOUT ROWID`,
    `CREATE INDEX events_attention ON events (attention, seq) WHERE attention IS NOT NULL`,
    `CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL`,
    `CREATE TABLE marks (
     name TEXT PRIMARY KEY,
     value INTEGER NOT NULL
   ) WITHOUT ROWID`,
  ],
  [
    `CREATE TABLE tallies (
     name TEXT PRIMARY KEY,
     json TEXT NOT NULL
   ) WITHOUT ROWID`,
  ],
  // An event is its endpoint and its id. The id comes first: it is searched by its beginning.
  [
    `ALTER TABLE deliveries ADD COLUMN endpoint TEXT NOT NULL DEFAULT 'default'`,
    // By place: a look-up by id for every delivery took 26 times as long on 300,000 rows.
    `UPDATE deliveries SET endpoint = events.endpoint FROM events
     WHERE events.seq = deliveries.seq AND events.endpoint <> 'default'`,
    `CREATE TABLE events_of_endpoints (
     id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     status TEXT NOT NULL,
     run INTEGER NOT NULL,
     holder TEXT,
     claim TEXT,
     lease_until INTEGER NOT NULL,
     due_at INTEGER,
     attempts INTEGER NOT NULL,
     type TEXT NOT NULL,
     endpoint TEXT NOT NULL,
     received_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL,
     tries TEXT NOT NULL,
     steps TEXT NOT NULL,
     attention TEXT AS (CASE WHEN status IN ('processing', 'processed') THEN NULL ELSE status END) VIRTUAL,
     PRIMARY KEY (id, endpoint)
   ) WITHOUT ROWID`,
    `INSERT INTO events_of_endpoints
     SELECT id, seq, status, run, holder, claim, lease_until, due_at, attempts, type, endpoint, received_at, updated_at,
       tries, steps FROM events`,
    'DROP TABLE events',
    'ALTER TABLE events_of_endpoints RENAME TO events',
    'CREATE INDEX events_attention ON events (attention, seq) WHERE attention IS NOT NULL',
    'CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL',
  ],
  // From here on, `seq` is an event's place in the feed: never given twice, and taken anew by what
  // first goes to a handler after it was kept aside. So only what has gone to a handler is counted
  // by place, and what was counted before is counted again.
  ['DELETE FROM tallies'],
  ['CREATE TABLE told (key TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID'],
  // Counted again, with the places of each hour and with tries.
  ['DELETE FROM tallies'],
];

/**
 * Brings the tables up to date.
 *
 * @throws Error where a newer version has written them: this one would misread them, and a ledger
 * that fails to start loses nothing.
 */
export function migrate(sql: Sql, transaction: Transaction): void {
  sql.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)');
  const latest = firstValue<number>(sql, 'SELECT max(version) FROM migrations') ?? 0;
  const known = migrations.length;
  if (latest > known) {
    throw new Error(`this ledger has tables of version ${latest}; this code knows ${known}: deploy the newer code`);
  }
  for (let version = latest + 1; version <= known; version += 1) {
    transaction(() => {
      for (const statement of migrations[version - 1] ?? []) sql.exec(statement);
      sql.exec('INSERT INTO migrations VALUES (?, ?)', version, Date.now());
    });
  }
}
