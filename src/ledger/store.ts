// Rows in and out of SQL. Decides nothing.
import { MAX_TRIES_KEPT } from '../limits.ts';
import type { Sql, SqlValue } from './sql.ts';
import type { RowState } from './status.ts';

/** One run of a handler, as it is remembered. */
export interface Try {
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  /** How long it took, in milliseconds; absent where nobody reported. */
  readonly ms?: number;
  /** `lost`: the consumer stopped before it could report. */
  readonly outcome: 'succeeded' | 'failed' | 'lost';
  /** Bounded and free of payload. */
  readonly error?: string;
}

/** A row of `events`. */
export interface Row extends RowState {
  readonly id: string;
  readonly seq: number;
  readonly dueAt: number | null;
  readonly type: string;
  readonly endpoint: string;
  readonly receivedAt: number;
  readonly updatedAt: number;
  readonly tries: readonly Try[];
  readonly steps: readonly string[];
}

/** What changes when a row moves on. */
export type RowChange = Partial<
  Pick<Row, 'status' | 'run' | 'holder' | 'claim' | 'leaseUntil' | 'dueAt' | 'attempts' | 'tries' | 'steps'>
>;

export interface NewDelivery {
  readonly id: string;
  readonly type: string;
  readonly endpoint: string;
  readonly receivedAt: number;
  /** The envelope as JSON, where there is one. */
  readonly event: string | null;
  readonly refusal: string | null;
}

type SqlRow = Omit<Row, 'tries' | 'steps'> & { readonly tries: string; readonly steps: string };

const ROW = `SELECT e.id, e.seq, e.status, e.run, e.holder, e.claim, e.lease_until AS leaseUntil, e.due_at AS dueAt, e.attempts,
  e.type, e.endpoint, e.received_at AS receivedAt, e.updated_at AS updatedAt, e.tries, e.steps`;

export class Store {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The rows of `ids` that exist, by id: one statement however many there are. */
  rows(ids: readonly string[]): Map<string, Row> {
    const found = this.#select(
      'FROM json_each(?) AS wanted JOIN events AS e ON e.id = wanted.value',
      JSON.stringify(ids),
    );
    return new Map(found.map((row) => [row.id, row]));
  }

  row(id: string): Row | undefined {
    return this.#select('FROM events AS e WHERE e.id = ?', id)[0];
  }

  /** Rows whose due time has come, the longest waiting first. */
  due(now: number, limit: number): Row[] {
    return this.#select('FROM events AS e WHERE e.due_at <= ? ORDER BY e.due_at LIMIT ?', now, limit);
  }

  /** Rows in order of arrival, after `seq`. */
  arrivedAfter(seq: number, limit: number): Row[] {
    const arrivals = 'FROM deliveries AS d JOIN events AS e ON e.id = d.id WHERE d.seq > ? ORDER BY d.seq LIMIT ?';
    return this.#select(arrivals, seq, limit);
  }

  #select(from: string, ...bindings: SqlValue[]): Row[] {
    return [...this.#sql.exec<SqlRow>(`${ROW} ${from}`, ...bindings)].map(fromSql);
  }

  /** Adds an event that the ledger has not met before. Two rows written, three where its status has an index. Returns its place in the order of arrival. */
  insert(delivery: NewDelivery, state: RowChange & Pick<Row, 'status'>, now: number): number {
    const [inserted] = this.#sql
      .exec<{ seq: number }>(
        'INSERT INTO deliveries (id, received_at, event, refusal) VALUES (?, ?, ?, ?) RETURNING seq',
        delivery.id,
        delivery.receivedAt,
        delivery.event,
        delivery.refusal,
      )
      .toArray();
    const seq = inserted?.seq ?? 0;
    this.#sql.exec(
      `INSERT INTO events (id, seq, status, run, holder, claim, lease_until, due_at, attempts, type, endpoint, received_at, updated_at, tries, steps)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      delivery.id,
      seq,
      state.status,
      state.run ?? 1,
      state.holder ?? null,
      state.claim ?? null,
      state.leaseUntil ?? 0,
      state.dueAt ?? null,
      state.attempts ?? 0,
      delivery.type,
      delivery.endpoint,
      delivery.receivedAt,
      now,
      JSON.stringify(state.tries ?? []),
      JSON.stringify(state.steps ?? []),
    );
    return seq;
  }

  update(row: Row, change: RowChange, now: number): void {
    const next = { ...row, ...change };
    this.#sql.exec(
      `UPDATE events SET status = ?, run = ?, holder = ?, claim = ?, lease_until = ?, due_at = ?, attempts = ?, updated_at = ?, tries = ?, steps = ?
       WHERE id = ?`,
      next.status,
      next.run,
      next.holder,
      next.claim,
      next.leaseUntil,
      next.dueAt,
      next.attempts,
      now,
      JSON.stringify(next.tries.slice(-MAX_TRIES_KEPT)),
      JSON.stringify(next.steps),
      row.id,
    );
  }

  /** The envelope as JSON, or null where the body could not be read. */
  eventOf(row: Row): string | null {
    const query = 'SELECT event FROM deliveries WHERE seq = ?';
    return this.#sql.exec<{ event: string | null }>(query, row.seq).toArray()[0]?.event ?? null;
  }

  /** Adds the envelope to a row that was first met as a quarantined delivery. */
  setEvent(row: Row, event: string): void {
    this.#sql.exec('UPDATE deliveries SET event = ? WHERE seq = ? AND event IS NULL', event, row.seq);
  }

  /** The place of the latest arrival that is still here. */
  lastSeq(): number {
    return this.#sql.exec<{ seq: number | null }>('SELECT max(seq) AS seq FROM deliveries').toArray()[0]?.seq ?? 0;
  }

  mark(name: string): number {
    return this.#sql.exec<{ value: number }>('SELECT value FROM marks WHERE name = ?', name).toArray()[0]?.value ?? 0;
  }

  setMark(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO marks VALUES (?, ?)', name, value);
  }

  /**
   * Deletes finished rows received before `before`, oldest first. Looks no further than the first row that is younger:
   * a scan of all rows would hold up the claims. What arrived out of order waits for those before it.
   *
   * @returns How many: `limit` means that there may be more.
   */
  expire(before: number, limit: number): number {
    const old = this.#sql
      .exec<{ seq: number; id: string }>(
        `SELECT d.seq, d.id FROM deliveries AS d JOIN events AS e ON e.id = d.id
         WHERE d.seq < coalesce((SELECT seq FROM deliveries WHERE received_at >= ? ORDER BY seq LIMIT 1), 9e15)
           AND e.status IN ('processed', 'dead', 'quarantined')
         ORDER BY d.seq LIMIT ?`,
        before,
        limit,
      )
      .toArray();
    if (old.length === 0) return 0;
    const seqs = JSON.stringify(old.map((row) => row.seq));
    const ids = JSON.stringify(old.map((row) => row.id));
    this.#sql.exec('DELETE FROM events WHERE id IN (SELECT value FROM json_each(?))', ids);
    this.#sql.exec('DELETE FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))', seqs);
    return old.length;
  }
}

function fromSql({ tries, steps, ...same }: SqlRow): Row {
  return { ...same, tries: JSON.parse(tries) as Try[], steps: JSON.parse(steps) as string[] };
}
