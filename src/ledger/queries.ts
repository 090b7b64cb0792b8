// The ledger's reading side, for people: one event with its history, and lists. Every query is
// bounded.
import type { AnyEvent } from '../event/envelope.ts';
import { LIST_WINDOW } from '../limits.ts';
import { findPlaces } from './search.ts';
import type { Sql, SqlValue } from './sql.ts';
import type { Status } from './status.ts';
import type { EventKey, Store, Try } from './store.ts';
import { UNFINISHED_TRIES } from './unfinished.ts';

/** One line of a list. Times are milliseconds since the epoch. */
export type EventSummary = {
  readonly id: string;
  /** Its place in the order of arrival. */
  readonly seq: number;
  readonly status: Status;
  readonly type: string;
  readonly endpoint: string;
  readonly attempts: number;
  readonly run: number;
  readonly receivedAt: number;
  readonly updatedAt: number;
  readonly lastError: string | null;
  /** Why it was kept aside, while it is `quarantined`. */
  readonly refusalReason: string | null;
};

/** Everything known about one event. */
export interface EventRecord extends EventSummary {
  readonly event: AnyEvent | null;
  readonly refusal: Refusal | null;
  readonly tries: readonly Try[];
  readonly steps: readonly string[];
  /** While `processing`: when the lease ends. */
  readonly leaseUntil: number | null;
  /**
   * While `processing`, `retrying` or `queued`: when the watchdog takes over; null until it has met
   * a first try.
   */
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
   * Give it back for the next page; null on the last. Stable while events arrive: it points into
   * the order of arrival. A page that is not full may have one, too: so far has been searched, and
   * there are older events.
   */
  readonly cursor: number | null;
}

const SUMMARY = `e.id, e.seq, e.status, e.type, e.endpoint, e.attempts, e.run, e.received_at AS receivedAt,
  e.updated_at AS updatedAt, json_extract(e.tries, '$[#-1].error') AS lastError,
  CASE WHEN e.status = 'quarantined' THEN
    (SELECT json_extract(refusal, '$.reason') FROM deliveries WHERE seq = e.seq) END AS refusalReason`;

/** Where a list reads from, which decides what it costs, and the column to go back by. */
interface Source {
  readonly rows: string;
  readonly seq: string;
}

const INDEXED: Source = { rows: 'events AS e', seq: 'e.seq' };
const UNFINISHED: Source = {
  rows: `(${UNFINISHED_TRIES}) AS u JOIN events AS e ON e.id = u.id AND e.endpoint = u.endpoint`,
  seq: 'e.seq',
};
const IN_ORDER_OF_ARRIVAL: Source = {
  rows: 'deliveries AS d CROSS JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint',
  seq: 'd.seq',
};

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
    const [delivery] = this.#sql
      .exec<{ event: string | null; refusal: string | null }>(
        'SELECT event, refusal FROM deliveries WHERE seq = ?',
        row.seq,
      )
      .toArray();
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

  /**
   * Events that match, the latest first.
   *
   * @param cursor From the page before, or null for the first.
   */
  list(filter: EventFilter, cursor: number | null, limit: number): EventPage {
    const before = cursor ?? Number.MAX_SAFE_INTEGER;
    if (filter.q) return pageOf(this.#found(filter, findPlaces(this.#sql, filter.q, before), limit + 1), limit);
    if (needsAttention(filter.status)) return pageOf(this.#select(filter, INDEXED, 0, before, limit + 1), limit);
    if (filter.status === 'processing') return pageOf(this.#select(filter, UNFINISHED, 0, before, limit + 1), limit);
    return this.#walk(filter, before, limit);
  }

  /**
   * Goes back in the order of arrival: it stops after one page where most events match, and
   * otherwise at the end of a window, because whatever is passed over is read, and reading is
   * billed.
   */
  #walk(filter: EventFilter, before: number, limit: number): EventPage {
    const from = Math.min(before, this.#store.lastSeq() + 1) - LIST_WINDOW;
    const page = pageOf(this.#select(filter, IN_ORDER_OF_ARRIVAL, from, before, limit + 1), limit);
    return page.cursor === null ? { ...page, cursor: this.#olderThan(from) } : page;
  }

  /** Where a search that has come down to `seq` goes on, or null where nothing is older. */
  #olderThan(seq: number): number | null {
    const query = 'SELECT max(seq) AS seq FROM deliveries WHERE seq < ?';
    const older = this.#sql.exec<{ seq: number | null }>(query, seq).toArray()[0]?.seq ?? null;
    return older === null ? null : older + 1;
  }

  /** Events from the place `from` on, before the place `before`. */
  #select(filter: EventFilter, { rows, seq }: Source, from: number, before: number, limit: number): EventSummary[] {
    const { terms, bindings } = termsOf(filter);
    const where = [`${seq} >= ?`, `${seq} < ?`, ...terms].join(' AND ');
    return this.#sql
      .exec<EventSummary>(
        `SELECT ${SUMMARY} FROM ${rows} WHERE ${where} ORDER BY ${seq} DESC LIMIT ?`,
        from,
        before,
        ...bindings,
        limit,
      )
      .toArray();
  }

  #found(filter: EventFilter, places: readonly number[], limit: number): EventSummary[] {
    const { terms, bindings } = termsOf(filter);
    const where = terms.length > 0 ? `WHERE ${terms.join(' AND ')}` : '';
    const rows: EventSummary[] = [];
    for (let start = 0; start < places.length && rows.length < limit; start += LOOKUP_CHUNK) {
      const found = this.#sql.exec<EventSummary>(
        `SELECT ${SUMMARY} FROM json_each(?) AS place
         CROSS JOIN deliveries AS d ON d.seq = place.value CROSS JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint
         ${where} ORDER BY e.seq DESC LIMIT ?`,
        JSON.stringify(places.slice(start, start + LOOKUP_CHUNK)),
        ...bindings,
        limit - rows.length,
      );
      rows.push(...found);
    }
    return rows;
  }
}

/** The filter as SQL terms: what it compares with is bound, never written into the text. */
function termsOf(filter: EventFilter): { terms: string[]; bindings: SqlValue[] } {
  const { status, type, endpoint } = filter;
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
