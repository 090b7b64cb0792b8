// Rows in and out of SQL. Decides nothing.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { KEPT_COUNTED, MAX_TRIES_KEPT } from '../limits.ts';
import type { Sql, SqlValue } from './sql.ts';
import type { RowState } from './status.ts';

/** Names an event. */
export interface EventKey {
  readonly endpoint: string;
  readonly id: string;
}

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
export interface Row extends RowState, EventKey {
  readonly seq: number;
  readonly dueAt: number | null;
  readonly type: string;
  readonly receivedAt: number;
  readonly updatedAt: number;
  readonly tries: readonly Try[];
  readonly steps: readonly string[];
}

/** What changes when a row moves on. */
export type RowChange = Partial<
  Pick<Row, 'status' | 'run' | 'holder' | 'claim' | 'leaseUntil' | 'dueAt' | 'attempts' | 'type' | 'tries' | 'steps'>
>;

export interface NewDelivery extends EventKey {
  readonly type: string;
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

  /** The rows of `keys` that exist, by `nameOf`: one statement however many there are. */
  rows(keys: readonly EventKey[]): Map<string, Row> {
    const found = this.#select(
      `FROM json_each(?) AS wanted
       CROSS JOIN events AS e ON e.id = wanted.value ->> 0 AND e.endpoint = wanted.value ->> 1`,
      JSON.stringify(keys.map(({ id, endpoint }) => [id, endpoint])),
    );
    return new Map(found.map((row) => [nameOf(row), row]));
  }

  row({ endpoint, id }: EventKey): Row | undefined {
    return this.#select('FROM events AS e WHERE e.id = ? AND e.endpoint = ?', id, endpoint)[0];
  }

  /**
   * The endpoint that a call means which names none, as those of an older Worker do: the one whose
   * event the message holds, else the default one, else the only one there is.
   */
  endpointOf(id: string, messageId: string | null): string {
    const [row] = this.#select(
      'FROM events AS e WHERE e.id = ? ORDER BY e.holder IS ? DESC, e.endpoint = ? DESC LIMIT 1',
      id,
      messageId,
      DEFAULT_ENDPOINT,
    );
    return row?.endpoint ?? DEFAULT_ENDPOINT;
  }

  /** How many deliveries have been kept aside since `time`, counted up to a bound. */
  keptSince(time: number): number {
    const [found] = this.#sql
      .exec<{ count: number }>(
        `SELECT count(*) AS count FROM (SELECT updated_at FROM events WHERE attention = 'quarantined'
         ORDER BY seq DESC LIMIT ${KEPT_COUNTED}) WHERE updated_at > ?`,
        time,
      )
      .toArray();
    return found?.count ?? 0;
  }

  /** Rows whose due time has come, the longest waiting first. */
  due(now: number, limit: number): Row[] {
    return this.#select('FROM events AS e WHERE e.due_at <= ? ORDER BY e.due_at LIMIT ?', now, limit);
  }

  /** Rows in order of arrival, after `seq`. */
  arrivedAfter(seq: number, limit: number): Row[] {
    const arrivals =
      'FROM deliveries AS d JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint WHERE d.seq > ? ORDER BY d.seq LIMIT ?';
    return this.#select(arrivals, seq, limit);
  }

  #select(from: string, ...bindings: SqlValue[]): Row[] {
    return [...this.#sql.exec<SqlRow>(`${ROW} ${from}`, ...bindings)].map(fromSql);
  }

  /**
   * Adds an event that the ledger has not met before. Two rows written, three where its status has
   * an index. Returns its place in the order of arrival.
   */
  insert(delivery: NewDelivery, state: RowChange & Pick<Row, 'status'>, now: number): number {
    const [inserted] = this.#sql
      .exec<{ seq: number }>(
        'INSERT INTO deliveries (id, endpoint, received_at, event, refusal) VALUES (?, ?, ?, ?, ?) RETURNING seq',
        delivery.id,
        delivery.endpoint,
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
      `UPDATE events SET status = ?, run = ?, holder = ?, claim = ?, lease_until = ?, due_at = ?, attempts = ?, type = ?,
       updated_at = ?, tries = ?, steps = ? WHERE id = ? AND endpoint = ?`,
      next.status,
      next.run,
      next.holder,
      next.claim,
      next.leaseUntil,
      next.dueAt,
      next.attempts,
      next.type,
      now,
      JSON.stringify(next.tries.slice(-MAX_TRIES_KEPT)),
      JSON.stringify(next.steps),
      row.id,
      row.endpoint,
    );
  }

  /** The envelope as JSON, or null where the body could not be read. */
  eventOf(row: Row): string | null {
    const query = 'SELECT event FROM deliveries WHERE seq = ?';
    return this.#sql.exec<{ event: string | null }>(query, row.seq).toArray()[0]?.event ?? null;
  }

  /**
   * Keeps the envelope that is run from now on. Writes nothing where it is the one that the row
   * has.
   */
  setEvent(row: Row, event: string): void {
    this.#sql.exec('UPDATE deliveries SET event = ?1 WHERE seq = ?2 AND event IS NOT ?1', event, row.seq);
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
   * Deletes rows that were received and finished before `before`, oldest first: what dies late stays
   * for an operator as long as anything. Looks no further than the first
   * row that is younger: a scan of all rows would hold up the claims. What arrived out of order
   * waits for those before it.
   *
   * @returns How many: `limit` means that there may be more.
   */
  expire(before: number, limit: number): number {
    const old = this.#sql
      .exec<{ seq: number; id: string; endpoint: string }>(
        `SELECT d.seq, d.id, e.endpoint FROM deliveries AS d JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint
         WHERE d.seq < coalesce((SELECT seq FROM deliveries WHERE received_at >= ? ORDER BY seq LIMIT 1), 9e15)
           AND e.status IN ('processed', 'dead', 'quarantined') AND e.updated_at < ?
         ORDER BY d.seq LIMIT ?`,
        before,
        before,
        limit,
      )
      .toArray();
    if (old.length === 0) return 0;
    const seqs = JSON.stringify(old.map((row) => row.seq));
    const keys = JSON.stringify(old.map((row) => [row.id, row.endpoint]));
    this.#sql.exec(
      'DELETE FROM events WHERE (id, endpoint) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))',
      keys,
    );
    this.#sql.exec('DELETE FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))', seqs);
    return old.length;
  }
}

/** An event's name within a map. */
export function nameOf({ endpoint, id }: EventKey): string {
  return JSON.stringify([endpoint, id]);
}

function fromSql({ tries, steps, ...same }: SqlRow): Row {
  return { ...same, tries: JSON.parse(tries) as Try[], steps: JSON.parse(steps) as string[] };
}
