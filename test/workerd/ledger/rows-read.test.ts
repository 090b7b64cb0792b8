// What looking at the ledger costs: on Cloudflare's Free plan, five million rows may be read in a
// day.
import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/ledger/arrivals.ts';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { earliest, type HeardQuestion, heard } from '../../../src/ledger/heard.ts';
import { type EventFilter, Queries } from '../../../src/ledger/queries.ts';
import { IDS_LOOKED_AT } from '../../../src/ledger/search.ts';
import { countEvents } from '../../../src/ledger/stats.ts';
import { Store } from '../../../src/ledger/store.ts';
import { placesOf } from '../../../src/ledger/tally.ts';
import { LIST_WINDOW, MAX_PAGE_SIZE, PAGE_SIZE } from '../../../src/limits.ts';
import { seed } from '../bench/seed.ts';
import { newLedger } from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

/** A ledger with `rows` events of the last twenty days. */
async function filledLedger(rows: number) {
  const ledger = newLedger();
  const inside = <Value>(work: (sql: MeteredSql, storage: DurableObjectStorage) => Value) =>
    runInDurableObject<EventLedger, Value>(ledger, (_, { storage }) => work(new MeteredSql(storage.sql), storage));
  await inside((_, storage) => storage.transactionSync(() => seed(storage.sql, 0, rows, rows, 20, NOW)));
  return inside;
}

describe('counting', () => {
  const ROWS = 6_000;
  let inside: Awaited<ReturnType<typeof filledLedger>>;
  const look = () =>
    inside(async (sql) => {
      const stats = await countEvents(sql, new Arrivals(sql), NOW);
      return { total: stats.total, read: sql.rowsRead() };
    });
  const arrive = (from: number, count: number) => inside((_, { sql }) => seed(sql, from, count, from + count, 0, NOW));

  beforeAll(async () => {
    inside = await filledLedger(ROWS);
  });

  it('reads both rows of every event the first time, and next to none once the object has started again', async () => {
    const first = await look();
    expect(first.read).toBeGreaterThanOrEqual(ROWS);
    expect(first.read).toBeLessThan(2.2 * ROWS);
    const again = await look();
    expect(again.total).toBe(first.total);
    expect(again.read).toBeLessThan(ROWS / 10);
  });

  it('reads what little is new once more for each start, until the watchdog’s round has stored it', async () => {
    const quiet = await look();
    await arrive(ROWS, 50);
    for (let start = 0; start < 2; start += 1) {
      const { total, read } = await look();
      expect(total).toBe(quiet.total + 50);
      expect(read).toBeGreaterThanOrEqual(quiet.read + 100);
    }
    await inside((sql) => new Arrivals(sql).keepUp(NOW));
    const { total, read } = await look();
    expect(total).toBe(quiet.total + 50);
    expect(read).toBeLessThan(quiet.read + 20);
  });

  it('writes one row for hundreds of events, and none where nothing is new', async () => {
    await arrive(ROWS + 50, 400);
    const written = await inside(async (sql) => {
      const arrivals = new Arrivals(sql);
      await arrivals.update(NOW);
      const counted = sql.rowsWritten();
      arrivals.keepUp(NOW);
      return { counted, atRest: sql.rowsWritten() };
    });
    expect(written).toEqual({ counted: 1, atRest: 0 });
  });
});

describe('a list', () => {
  const ROWS = 6_000;
  let inside: Awaited<ReturnType<typeof filledLedger>>;
  const list = (filter: EventFilter, cursor: number | null = null, limit = PAGE_SIZE) =>
    inside((sql) => {
      const page = new Queries(sql, new Store(sql)).list(filter, cursor, limit);
      return { page, read: sql.rowsRead() };
    });

  beforeAll(async () => {
    inside = await filledLedger(ROWS);
  });

  for (const filter of [
    {},
    { status: 'processed' },
    { endpoint: 'default' },
    { status: 'processed', type: 'outbid' },
  ] as const) {
    it(`stops after a page of what is common: ${JSON.stringify(filter)}`, async () => {
      const { page, read } = await list(filter);
      expect(page.events).toHaveLength(PAGE_SIZE);
      expect(read).toBeLessThan(4_000);
    });
  }

  it('stops at the end of its window where nothing matches, and goes on with what is older', async () => {
    // The first thousand lie more than a window behind the others, as after the deletion of most of
    // what was between.
    await inside((_, { sql }) => {
      for (const table of ['deliveries', 'events']) {
        sql.exec(`UPDATE ${table} SET seq = seq + ? WHERE seq > 1000`, 3 * LIST_WINDOW);
      }
    });
    for (const filter of [
      { type: 'nothing' },
      { endpoint: 'nothing' },
      { status: 'processed', type: 'nothing' },
    ] as const) {
      const first = await list(filter);
      expect(first.page).toMatchObject({ events: [], cursor: 1_001, matches: 0, more: true });
      expect(first.read).toBeLessThan(2 * (ROWS - 1_000) + 20);
      const second = await list(filter, first.page.cursor);
      expect(second.page).toMatchObject({ events: [], cursor: null, matches: 0, more: false });
      expect(second.read).toBeLessThan(2 * 1_000 + 20);
    }
  });

  it('of what failed is bounded, too, where little of it matches, and goes on with what is older', async () => {
    const failed = await filledLedger(1);
    const rows = 4 * LIST_WINDOW;
    // All of them dead but every tenth, which is kept aside. Only the first was at another place.
    await failed((_, { sql }) => {
      sql.exec(`WITH RECURSIVE n (seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${rows})
        INSERT INTO deliveries SELECT seq, 'n' || seq, 1, '{}', NULL, 'default' FROM n`);
      sql.exec(`INSERT INTO events
          (id, endpoint, seq, status, run, lease_until, attempts, type, received_at, updated_at, tries, steps)
        SELECT id, endpoint, seq, iif(seq % 10, 'dead', 'quarantined'), 1, 0, 1, 'outbid', 1, 1, '[]', '[]'
        FROM deliveries WHERE seq > 1`);
      for (const table of ['deliveries', 'events']) {
        sql.exec(`UPDATE ${table} SET endpoint = 'host' WHERE seq = 1`);
      }
      sql.exec(`UPDATE events SET status = 'dead' WHERE seq = 1`);
    });
    for (const status of ['dead', 'attention'] as const) {
      const found: number[] = [];
      let cursor: number | null = null;
      let pages = 0;
      do {
        const { page, read } = await failed((sql) => {
          const list = new Queries(sql, new Store(sql)).list({ status, endpoint: 'host' }, cursor, PAGE_SIZE);
          return { page: list, read: sql.rowsRead() };
        });
        expect(read).toBeLessThan(3 * LIST_WINDOW);
        found.push(...page.events.map(({ seq }) => seq));
        expect(page.more).toBe(page.cursor !== null);
        cursor = page.cursor;
        pages += 1;
      } while (cursor !== null);
      expect([found, pages]).toEqual([[1], 4]);
    }
  });

  it('of a beginning that all ids share looks at a bounded number of them', async () => {
    await inside((_, { sql }) => {
      for (const table of ['deliveries', 'events']) sql.exec(`UPDATE ${table} SET id = 'zq' || id`);
    });
    const without = await list({ q: 'zz' }, null, MAX_PAGE_SIZE);
    expect(without.page.events).toEqual([]);
    const seen = new Set<string>();
    let cursor: number | null = null;
    do {
      const { page, read }: Awaited<ReturnType<typeof list>> = await list({ q: 'zq' }, cursor, MAX_PAGE_SIZE);
      expect(read - without.read).toBeLessThan(5 * IDS_LOOKED_AT);
      for (const { id } of page.events) seen.add(id);
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen.size).toBe(IDS_LOOKED_AT);
  });
});

describe('what patrol asks about webhooks', () => {
  it('reads what came since then, not the whole ledger', async () => {
    const ROWS = 6_000;
    const inside = await filledLedger(ROWS);
    const hour = ROWS / 20 / 24;
    const read = (questions: readonly HeardQuestion[]) =>
      inside((sql) => {
        const arrivals = new Arrivals(sql);
        arrivals.keepUp(NOW);
        const before = sql.rowsRead();
        heard(sql, questions, placesOf(arrivals.counted.spans, earliest(questions), NOW + 1, NOW).first);
        return sql.rowsRead() - before;
      });
    await inside((sql) => new Arrivals(sql).update(NOW));
    expect(await read([])).toBeLessThan(5);
    expect(await read([{ types: ['outbid'], instanceId: 7, after: NOW - 600_000 }])).toBeLessThan(3 * 2 * hour);
  });
});
