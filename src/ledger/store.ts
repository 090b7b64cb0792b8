// Rows in and out of SQL. Decides nothing.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { KEPT_COUNTED, MAX_TRIES_KEPT } from '../limits.ts';
import { firstValue, portionsOf, type Sql, type SqlValue } from './sql.ts';
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
  /** The run it belongs to, and its number in it; absent in what an older Worker wrote. */
  readonly run?: number;
  readonly attempt?: number;
  /** Bounded, with secrets replaced. */
  readonly error?: string;
}

/** A row of `events`. Times are milliseconds since the epoch. */
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
export type RowChange = Partial<Omit<Row, keyof EventKey | 'seq' | 'receivedAt' | 'updatedAt'>>;

export interface NewDelivery extends EventKey {
  readonly type: string;
  /** When the edge accepted it, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The envelope as JSON, where there is one. */
  readonly event: string | null;
  readonly refusal: string | null;
}

/** Whether an event has ever gone to a handler, as SQL on `events AS e` and for its row. */
export const HAS_RUN = `(e.status = 'processing' OR e.tries <> '[]')`;
export function hasRun({ status, tries }: Row): boolean {
  return status === 'processing' || tries.length > 0;
}

/** A row of `deliveries`, as `DELIVERY` lists it. */
export type Delivery = readonly (string | number | null)[];
const DELIVERY = 'seq, id, endpoint, received_at, event, refusal';

type SqlRow = Omit<Row, 'tries' | 'steps'> & { readonly tries: string; readonly steps: string };

const ROW = `SELECT e.id, e.seq, e.status, e.run, e.holder, e.claim, e.lease_until AS leaseUntil, e.due_at AS dueAt,
  e.attempts, e.type, e.endpoint, e.received_at AS receivedAt, e.updated_at AS updatedAt, e.tries, e.steps`;

/** The columns that change; `columnsOf` gives all of them in this order. */
const CHANGING = 'seq, status, run, holder, claim, lease_until, due_at, attempts, type, updated_at, tries, steps';
const COLUMNS = `id, endpoint, received_at, ${CHANGING}`;

const SAVE_ROWS = saving('events', COLUMNS, `SET (${CHANGING}) = (${CHANGING.replaceAll(/\w+/g, 'excluded.$&')})`);
const KEEP_EVENT = 'SET event = excluded.event WHERE event IS NOT excluded.event';
const SAVE_DELIVERIES = saving('deliveries', DELIVERY, KEEP_EVENT);

/** Inserts rows from one JSON list of lists, or changes those that are there. */
function saving(table: string, columns: string, change: string): string {
  const values = columns.split(', ').map((_, index) => `value ->> ${index}`);
  // Not materialized, SQLite would write out each list again for each of its values.
  return `WITH lists (value) AS MATERIALIZED (SELECT value FROM json_each(?))
    INSERT INTO ${table} (${columns}) SELECT ${values} FROM lists WHERE true ON CONFLICT DO UPDATE ${change}`;
}

/** The latest place ever given, where the event that had it is deleted. */
const LAST_DELETED = 'last_deleted_seq';

/** Events in the order of arrival, `d.seq`. CROSS makes SQLite start from the deliveries. */
export const BY_ARRIVAL = 'deliveries AS d CROSS JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint';

export class Store {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The rows of `keys` that exist, by `nameOf`: one statement however many there are. */
  rows(keys: readonly EventKey[]): Map<string, Row> {
    const wanted = 'json_each(?) AS w CROSS JOIN events AS e ON e.id = w.value ->> 0 AND e.endpoint = w.value ->> 1';
    const found = this.#select(`FROM ${wanted}`, JSON.stringify(keys.map(({ id, endpoint }) => [id, endpoint])));
    return new Map(found.map((row) => [nameOf(row), row]));
  }

  row(key: EventKey): Row | undefined {
    return this.rows([key]).get(nameOf(key));
  }

  /**
   * The event that a call means. An older Worker's names no endpoint: then it is that of the event
   * which the message holds, else the default one, else the only one there is.
   */
  keyOf(id: string, endpoint: string | undefined, messageId: string | null): EventKey {
    if (endpoint !== undefined) return { id, endpoint };
    const any = 'FROM events AS e WHERE e.id = ? ORDER BY e.holder IS ? DESC, e.endpoint = ? DESC LIMIT 1';
    return { id, endpoint: this.#select(any, id, messageId, DEFAULT_ENDPOINT)[0]?.endpoint ?? DEFAULT_ENDPOINT };
  }

  /** How many deliveries have been kept aside since `time`, counted up to a bound. */
  keptSince(time: number): number {
    const query = `SELECT count(*) FROM (SELECT updated_at FROM events WHERE attention = 'quarantined'
      AND holder IS NOT NULL ORDER BY seq DESC LIMIT ${KEPT_COUNTED}) WHERE updated_at > ?`;
    return firstValue<number>(this.#sql, query, time) ?? 0;
  }

  /** Rows whose due time has come, the longest waiting first. */
  due(now: number, limit: number): Row[] {
    return this.#select('FROM events AS e WHERE e.due_at <= ? ORDER BY e.due_at LIMIT ?', now, limit);
  }

  /** Rows in order of arrival, after `seq`. */
  arrivedAfter(seq: number, limit: number): Row[] {
    return this.#select(`FROM ${BY_ARRIVAL} WHERE d.seq > ? ORDER BY d.seq LIMIT ?`, seq, limit);
  }

  #select(from: string, ...bindings: SqlValue[]): Row[] {
    const found = [...this.#sql.exec<SqlRow>(`${ROW} ${from}`, ...bindings)];
    return found.map(({ tries, steps, ...row }) => ({ ...row, tries: JSON.parse(tries), steps: JSON.parse(steps) }));
  }

  /**
   * Writes what a call has changed. Of a delivery that is there already, only the envelope: a row
   * that has it already is not written.
   */
  save(deliveries: readonly Delivery[], rows: readonly Row[]): void {
    for (const portion of portionsOf(deliveries)) this.#sql.exec(SAVE_DELIVERIES, portion);
    for (const portion of portionsOf(rows.map(columnsOf))) this.#sql.exec(SAVE_ROWS, portion);
  }

  /** Gives the delivery of a row another place. */
  move(row: Row, seq: number): void {
    this.#sql.exec('UPDATE deliveries SET seq = ? WHERE seq = ?', seq, row.seq);
  }

  /** The envelope as JSON, or null where the body could not be read. */
  eventOf(row: Row): string | null {
    return firstValue<string>(this.#sql, 'SELECT event FROM deliveries WHERE seq = ?', row.seq);
  }

  /** The place of the latest arrival that is still here. */
  lastSeq(): number {
    return firstValue<number>(this.#sql, 'SELECT max(seq) FROM deliveries') ?? 0;
  }

  /** The place after all that were ever given: none is given twice. */
  nextSeq(): number {
    return Math.max(this.lastSeq(), this.mark(LAST_DELETED)) + 1;
  }

  mark(name: string): number {
    return firstValue<number>(this.#sql, 'SELECT value FROM marks WHERE name = ?', name) ?? 0;
  }

  setMark(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO marks VALUES (?, ?)', name, value);
  }

  /** Deletes what is remembered of conditions that have not been told since `before`. */
  forgetTold(before: number): void {
    this.#sql.exec('DELETE FROM told WHERE at < ?', before);
  }

  /**
   * Deletes rows that were received before `before` and finished before `finishedBefore`, oldest
   * first: of what finishes late, copies may still be in the queue, and an operator has to see what
   * died. Stops at the first younger row: a scan of all rows would hold up the claims.
   *
   * @returns How many: `limit` means that there may be more.
   */
  expire(before: number, finishedBefore: number, limit: number): number {
    const query = `SELECT d.seq, d.id, d.endpoint FROM ${BY_ARRIVAL}
      WHERE d.seq < coalesce((SELECT seq FROM deliveries WHERE received_at >= ? ORDER BY seq LIMIT 1), 9e15)
        AND e.status IN ('processed', 'dead', 'quarantined') AND e.updated_at < ? ORDER BY d.seq LIMIT ?`;
    const old = this.#sql
      .exec<{ seq: number; id: string; endpoint: string }>(query, before, finishedBefore, limit)
      .toArray();
    if (old.length === 0) return 0;
    if (old.at(-1)?.seq === this.lastSeq()) this.setMark(LAST_DELETED, this.nextSeq() - 1);
    const found = JSON.stringify(old.map(({ seq, id, endpoint }) => [seq, id, endpoint]));
    const events = 'DELETE FROM events WHERE (id, endpoint) IN (SELECT value ->> 1, value ->> 2 FROM json_each(?))';
    this.#sql.exec(events, found);
    this.#sql.exec('DELETE FROM deliveries WHERE seq IN (SELECT value ->> 0 FROM json_each(?))', found);
    return old.length;
  }
}

/** An event's name within a map. No endpoint has a space. */
export function nameOf({ endpoint, id }: EventKey): string {
  return `${endpoint} ${id}`;
}

function columnsOf({ id, endpoint, seq, receivedAt, status, run, holder, claim, ...rest }: Row): unknown[] {
  const { leaseUntil, dueAt, attempts, type, updatedAt, tries, steps } = rest;
  const changing = [leaseUntil, dueAt, attempts, type, updatedAt, tries.slice(-MAX_TRIES_KEPT), steps];
  return [id, endpoint, receivedAt, seq, status, run, holder, claim, ...changing];
}
