// The ledger on a bench: the real object, with a way to fill it and routes that drive it. Never
// deployed.
import { sampleOf } from '../../../src/event/samples.ts';
import { EventLedger as RealLedger } from '../../../src/ledger/event-ledger.ts';
import type { ClaimRequest, Report } from '../../../src/ledger/protocol.ts';

const DAY_MS = 86_400_000;

export { Patrol } from '../../../src/patrol/patrol.ts';

export class EventLedger extends RealLedger {
  /** Adds processed events, the oldest 29 days old, until there are `total`. */
  fill(total: number): void {
    const { sql } = this.ctx.storage;
    const seq = () => sql.exec<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM deliveries').one().seq;
    const before = seq();
    const envelope = JSON.stringify(eventOf('filled'));
    sql.exec(
      `INSERT INTO deliveries (id, received_at, event)
       SELECT lower(hex(randomblob(16))), ?, ? FROM (
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n)`,
      Date.now() - 29 * DAY_MS,
      envelope,
      total - before,
    );
    sql.exec(
      `INSERT INTO events (id, seq, status, run, holder, claim, lease_until, attempts, type, endpoint, received_at,
         updated_at, tries, steps)
       SELECT id, seq, 'processed', 1, id, id, received_at, 1, 'outbid', 'default', received_at, received_at,
         '[{"at":1790000000000,"ms":12,"outcome":"succeeded"}]', '[]' FROM deliveries WHERE seq > ?`,
      before,
    );
    sql.exec(`INSERT OR REPLACE INTO marks VALUES ('swept_seq', ?)`, seq());
  }

  /**
   * Forgets what came after the first `total` events, so that each measurement finds the same
   * table.
   */
  trim(total: number): void {
    const { sql } = this.ctx.storage;
    sql.exec('DELETE FROM events WHERE id IN (SELECT id FROM deliveries WHERE seq > ?)', total);
    sql.exec('DELETE FROM deliveries WHERE seq > ?', total);
    sql.exec(`INSERT OR REPLACE INTO marks VALUES ('swept_seq', ?)`, total);
  }

  /** A round of the watchdog. The platform keeps `alarm` to itself. */
  watch(): Promise<void> {
    return this.alarm();
  }

  /** Ids from anywhere in the table. */
  someIds(count: number): string[] {
    const rows = this.ctx.storage.sql.exec<{ id: string }>(
      `SELECT id FROM deliveries WHERE seq IN (
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         SELECT 1 + abs(random()) % (SELECT max(seq) FROM deliveries) FROM n)`,
      count,
    );
    return [...rows].map((row) => row.id);
  }

  /** Rows written for `size` new events that succeed at first try, and for a copy of each. */
  async rowsWritten(size: number): Promise<RowsWritten> {
    const requests = newIds(size).map(requestOf);
    // The first call arms the alarm.
    await this.claim('unmetered', newIds(1).map(requestOf));
    const rows = await this.#metered(async () => {
      await this.claim('metered', requests);
      await this.settle('metered', requests.map(reportOf));
    });
    const copies = await this.#metered(() => this.claim('metered again', requests));
    return { perEvent: rows / size, perCopy: copies / size };
  }

  /** Rows written by `work`, whichever way the ledger takes to its SQL. */
  async #metered(work: () => Promise<unknown>): Promise<number> {
    const { sql } = this.ctx.storage;
    const prototype = Object.getPrototypeOf(sql) as SqlStorage;
    const { exec } = prototype;
    const cursors: { readonly rowsWritten: number }[] = [];
    prototype.exec = function (this: SqlStorage, ...query: Parameters<typeof exec>) {
      const cursor = exec.apply(this, query);
      cursors.push(cursor);
      return cursor;
    } as typeof exec;
    try {
      await work();
    } finally {
      prototype.exec = exec;
    }
    return cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0);
  }
}

interface RowsWritten {
  readonly perEvent: number;
  readonly perCopy: number;
}

const newIds = (count: number) => Array.from({ length: count }, () => crypto.randomUUID().replaceAll('-', ''));

const eventOf = (id: string) => ({ id, ...(JSON.parse(sampleOf('outbid', { id, now: 0 }).body) as object) });

function requestOf(id: string): ClaimRequest {
  const event = JSON.stringify(eventOf(id));
  return { messageId: id, id, type: 'outbid', endpoint: 'default', receivedAt: Date.now(), event };
}

function reportOf({ messageId, id, endpoint }: ClaimRequest): Report {
  return { messageId, id, endpoint, run: 1, outcome: 'processed', ms: 12, steps: [] };
}

/**
 * Batches between two routes: what was claimed waits here to be settled. The clock that counts is
 * the caller's.
 */
let waiting: { readonly claim: string; readonly requests: ClaimRequest[] }[] = [];

export default {
  async fetch(request, { LEDGER }) {
    const { pathname, searchParams } = new URL(request.url);
    const parameter = (name: string) => Number(searchParams.get(name));
    const ledger = LEDGER.getByName(searchParams.get('ledger') ?? '') as unknown as Bench;
    const size = parameter('size');
    switch (pathname) {
      case '/nothing':
        break;
      case '/fill':
        await ledger.fill(parameter('total'));
        break;
      case '/trim':
        await ledger.trim(parameter('total'));
        break;
      case '/rows':
        return Response.json(await ledger.rowsWritten(size));
      case '/prepare-new':
        waiting = batches(parameter('batches'), () => newIds(size));
        break;
      case '/prepare-known': {
        const ids = await ledger.someIds(parameter('batches') * size);
        waiting = batches(Math.floor(ids.length / size), (index) => ids.slice(index * size, (index + 1) * size));
        break;
      }
      case '/claim':
        for (const { claim, requests } of waiting) await ledger.claim(claim, requests);
        break;
      case '/settle':
        for (const { claim, requests } of waiting) await ledger.settle(claim, requests.map(reportOf));
        break;
      case '/watch':
        await ledger.watch();
        break;
    }
    return Response.json(waiting.length);
  },
} satisfies ExportedHandler<{ LEDGER: DurableObjectNamespace<EventLedger> }>;

/** Spelt out, because the platform's RPC types give up on payloads of unknown shape. */
type Bench = {
  [Method in 'fill' | 'someIds' | 'rowsWritten' | 'claim' | 'settle' | 'watch' | 'trim']: (
    ...args: Parameters<EventLedger[Method]>
  ) => Promise<Awaited<ReturnType<EventLedger[Method]>>>;
};

function batches(count: number, idsOf: (index: number) => string[]) {
  return Array.from({ length: count }, (_, index) => ({
    claim: crypto.randomUUID(),
    requests: idsOf(index).map(requestOf),
  }));
}
