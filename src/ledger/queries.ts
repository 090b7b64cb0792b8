// The ledger's reading side, for people: one event with its history, and lists. Every query is
// bounded.
import type { AnyEvent } from '../event/envelope.ts';
import { LIST_WINDOW } from '../limits.ts';
import { findPlaces } from './search.ts';
import { firstRow, type Sql, type SqlValue } from './sql.ts';
import type { Status } from './status.ts';
import { BY_ARRIVAL, type EventKey, type Row, type Store } from './store.ts';

/** One line of a list. `seq` is the event's place: see `schema.ts`. */
export type EventSummary = Omit<Row, 'holder' | 'claim' | 'leaseUntil' | 'dueAt' | 'tries' | 'steps'> & {
  readonly lastError: string | null;
  /** Why it was kept aside, while it is `quarantined`. */
  readonly refusalReason: string | null;
};

/** Everything known about one event. */
export interface EventRecord extends EventSummary, Pick<Row, 'tries' | 'steps'> {
  readonly event: AnyEvent | null;
  readonly refusal: Refusal | null;
  /** While `processing`: when the lease ends. */
  readonly leaseUntil: number | null;
  /** While unfinished: when the watchdog takes over; null until it has met a first try. */
  readonly dueAt: number | null;
}

/** A delivery as the edge refused it. */
export interface Refusal {
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

export interface EventFilter {
  readonly status?: Status | undefined;
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  /** The beginning of an id, or part of the envelope or of an error: see `search.ts`. */
  readonly q?: string | undefined;
}

export interface EventPage {
  readonly events: readonly EventSummary[];
  /**
   * Give it back for the next page; null on the last. A place in the order of arrival, so events
   * that arrive shift no page. A page that is not full may have one: older events remain to be
   * looked through.
   */
  readonly cursor: number | null;
}

const SUMMARY = `SELECT e.id, e.seq, e.status, e.type, e.endpoint, e.attempts, e.run, e.received_at AS receivedAt,
  e.updated_at AS updatedAt, json_extract(e.tries, '$[#-1].error') AS lastError,
  CASE WHEN e.status = 'quarantined' THEN
    (SELECT json_extract(refusal, '$.reason') FROM deliveries WHERE seq = e.seq) END AS refusalReason`;

/**
 * Every `processing` row, as a subquery without bindings. They have no index, which would cost each
 * event a written row. But the watchdog gives a due time to every try that it has met, and has yet
 * to meet only the latest arrivals.
 */
export const UNFINISHED_TRIES = `
  SELECT id, endpoint, seq, type, received_at FROM events WHERE due_at IS NOT NULL AND status = 'processing'
  UNION ALL
  SELECT e.id, e.endpoint, e.seq, e.type, e.received_at FROM ${BY_ARRIVAL}
  WHERE d.seq > coalesce((SELECT value FROM marks WHERE name = 'swept_seq'), 0)
    AND e.status = 'processing' AND e.due_at IS NULL`;

/** What a list reads, which decides what it costs. */
const INDEXED = 'events AS e';
const UNFINISHED = `(${UNFINISHED_TRIES}) AS u JOIN events AS e ON e.id = u.id AND e.endpoint = u.endpoint`;

/** Found places are looked up this many at a time, so that a full page stops the search. */
const LOOKUP_CHUNK = 500;

export class Queries {
  readonly #sql: Sql;
  readonly #store: Store;

  constructor(sql: Sql, store: Store) {
    this.#sql = sql;
    this.#store = store;
  }

  get(key: EventKey): EventRecord | null {
    const row = this.#store.row(key);
    if (row === undefined) return null;
    const { holder: _holder, claim: _claim, leaseUntil, ...told } = row;
    const query = 'SELECT event, refusal FROM deliveries WHERE seq = ?';
    const delivery = firstRow<{ event: string | null; refusal: string | null }>(this.#sql, query, row.seq);
    const refusal = delivery?.refusal ? (JSON.parse(delivery.refusal) as Refusal) : null;
    return {
      ...told,
      lastError: row.tries.at(-1)?.error ?? null,
      refusalReason: row.status === 'quarantined' ? (refusal?.reason ?? null) : null,
      event: delivery?.event ? (JSON.parse(delivery.event) as AnyEvent) : null,
      refusal,
      leaseUntil: row.status === 'processing' ? leaseUntil : null,
    };
  }

  /** Events that match, the latest first. `cursor`: of the page before, or null for the first. */
  list(filter: EventFilter, cursor: number | null, limit: number): EventPage {
    const before = cursor ?? Number.MAX_SAFE_INTEGER;
    if (filter.q) return pageOf(this.#found(filter, findPlaces(this.#sql, filter.q, before), limit + 1), limit);
    if (needsAttention(filter.status)) return pageOf(this.#select(filter, INDEXED, 0, before, limit + 1), limit);
    if (filter.status === 'processing') return pageOf(this.#select(filter, UNFINISHED, 0, before, limit + 1), limit);
    // Goes back in the order of arrival, at most to the end of a window: what does not match is
    // read, too, and reading is billed.
    const from = Math.min(before, this.#store.lastSeq() + 1) - LIST_WINDOW;
    const page = pageOf(this.#select(filter, BY_ARRIVAL, from, before, limit + 1), limit);
    return page.cursor === null ? { ...page, cursor: this.#olderThan(from) } : page;
  }

  /** Where a search that has come down to `seq` goes on, or null where nothing is older. */
  #olderThan(seq: number): number | null {
    const query = 'SELECT max(seq) AS seq FROM deliveries WHERE seq < ?';
    const older = firstRow<{ seq: number | null }>(this.#sql, query, seq)?.seq ?? null;
    return older === null ? null : older + 1;
  }

  /** Events from the place `from` on, before the place `before`. */
  #select(filter: EventFilter, source: string, from: number, before: number, limit: number): EventSummary[] {
    const { terms, bindings } = termsOf(filter);
    const seq = source === BY_ARRIVAL ? 'd.seq' : 'e.seq';
    const where = [`${seq} >= ?`, `${seq} < ?`, ...terms].join(' AND ');
    const query = `${SUMMARY} FROM ${source} WHERE ${where} ORDER BY ${seq} DESC LIMIT ?`;
    return this.#sql.exec<EventSummary>(query, from, before, ...bindings, limit).toArray();
  }

  #found(filter: EventFilter, places: readonly number[], limit: number): EventSummary[] {
    const { terms, bindings } = termsOf(filter);
    const query = `${SUMMARY} FROM json_each(?) AS place CROSS JOIN ${BY_ARRIVAL}
      WHERE ${['d.seq = place.value', ...terms].join(' AND ')} ORDER BY e.seq DESC LIMIT ?`;
    const rows: EventSummary[] = [];
    for (let start = 0; start < places.length && rows.length < limit; start += LOOKUP_CHUNK) {
      const chunk = JSON.stringify(places.slice(start, start + LOOKUP_CHUNK));
      rows.push(...this.#sql.exec<EventSummary>(query, chunk, ...bindings, limit - rows.length));
    }
    return rows;
  }
}

/** The filter as SQL terms: what it compares with is bound, never written into the text. */
function termsOf({ status, type, endpoint }: EventFilter): { terms: string[]; bindings: SqlValue[] } {
  const wanted: [term: string, value: string | undefined][] = [
    [needsAttention(status) ? 'e.attention = ?' : 'e.status = ?', status],
    ['e.type = ?', type],
    ['e.endpoint = ?', endpoint],
  ];
  const set = wanted.filter((entry): entry is [string, string] => Boolean(entry[1]));
  return { terms: set.map(([term]) => term), bindings: set.map(([, value]) => value) };
}

/** Whether events of this status have an index: see `schema.ts`. */
function needsAttention(status: Status | undefined): boolean {
  return status !== undefined && status !== 'processing' && status !== 'processed';
}

/** @param rows One more than fits, where there are more. */
function pageOf(rows: readonly EventSummary[], limit: number): EventPage {
  const events = rows.slice(0, limit);
  return { events, cursor: rows.length > limit ? (events.at(-1)?.seq ?? null) : null };
}
