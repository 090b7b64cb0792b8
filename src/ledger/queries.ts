// The ledger's reading side, for people: one event with its history, and lists. Every query is
// bounded.
import type { AnyEvent } from '../event/envelope.ts';
import { LIST_WINDOW, MAX_SUBJECT_LENGTH, RELATED_SHOWN, RELATED_WINDOW } from '../limits.ts';
import { findPlaces } from './search.ts';
import { firstRow, firstValue, type Sql, type SqlValue } from './sql.ts';
import { type Status, troubles } from './status.ts';
import { BY_ARRIVAL, type EventKey, type Row, type Store } from './store.ts';
import type { Places } from './tally.ts';

/** One line of a list. `seq` is the event's place: see `schema.ts`. */
export type EventSummary = Omit<Row, 'holder' | 'claim' | 'leaseUntil' | 'dueAt' | 'tries' | 'steps'> & {
  readonly lastError: string | null;
  /** Why it was kept aside, while it is `quarantined`. */
  readonly refusalReason: string | null;
  /** The beginning of its subject or of its data; null where the body could not be read. */
  readonly subject: string | null;
};

/** Everything known about one event. */
export interface EventRecord extends Omit<EventSummary, 'subject'>, Pick<Row, 'tries' | 'steps'> {
  readonly event: AnyEvent | null;
  readonly refusal: Refusal | null;
  /** While `processing`: when the lease ends. */
  readonly leaseUntil: number | null;
  /** While unfinished: when the watchdog takes over; null until it has met a first try. */
  readonly dueAt: number | null;
}

/** What stands around an event, in the order of arrival. */
export interface Surroundings {
  readonly previous: EventKey | null;
  readonly next: EventKey | null;
  /** Of the same instance, the latest first: the nearest that were found in a window. */
  readonly related: readonly EventSummary[];
}

/** A delivery as the edge refused it. */
export interface Refusal {
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Base64. */
  readonly body: string;
}

export interface EventFilter {
  /** `attention`: any that may need a person. */
  readonly status?: Status | 'attention' | undefined;
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  /** The beginning of an id, or part of the envelope or of an error: see `search.ts`. */
  readonly q?: string | undefined;
  /** Received from this time on, and before that one: ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface EventPage {
  readonly events: readonly EventSummary[];
  /**
   * Give it back for the next page; null on the last. A place in the order of arrival, so events
   * that arrive shift no page. A page that is not full may have one: older events remain to be
   * looked through.
   */
  readonly cursor: number | null;
  /** How many match from here on, as far as they were counted. */
  readonly matches: number;
  /** Whether there may be more than `matches`. */
  readonly more: boolean;
}

/** Why an event is kept aside, as SQL on `events AS e`. */
export const REFUSAL_REASON = `CASE WHEN e.status = 'quarantined' THEN
  (SELECT refusal ->> '$.reason' FROM deliveries WHERE seq = e.seq) END`;

const SUBJECT = `substr(coalesce(d.event ->> '$.data.subject', d.event ->> '$.data'), 1, ${MAX_SUBJECT_LENGTH})`;

const SUMMARY = `SELECT e.id, e.seq, e.status, e.type, e.endpoint, e.attempts, e.run, e.received_at AS receivedAt,
  e.updated_at AS updatedAt, e.tries ->> '$[#-1].error' AS lastError, ${REFUSAL_REASON} AS refusalReason,
  ${SUBJECT} AS subject`;

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

/** Events at places that are bound as JSON. */
export const AT_PLACES = `json_each(?) AS place CROSS JOIN ${BY_ARRIVAL} WHERE d.seq = place.value`;

const EVERYWHERE: Places = { first: 0, last: Number.MAX_SAFE_INTEGER };

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

  /**
   * Events that match, the latest first.
   *
   * @param cursor Of the page before, or null for the first.
   * @param counted How far matches are counted, if further than to the end of the page.
   * @param within Where all lies that the filter's times allow.
   */
  list(filter: EventFilter, cursor: number | null, limit: number, counted = 0, within = EVERYWHERE): EventPage {
    const last = Math.min((cursor ?? Number.MAX_SAFE_INTEGER) - 1, within.last);
    const most = Math.max(limit, counted);
    const { places, rest } = this.#find(filter, { first: within.first, last }, most + 1);
    const page = places.slice(0, limit);
    const next = places.length > limit ? (page.at(-1) ?? null) : rest;
    const more = places.length > most || rest !== null;
    return { events: this.#summaries(page), cursor: next, matches: Math.min(places.length, most), more };
  }

  /** What came before and after an event, and what else its instance did. */
  around({ seq, event }: EventRecord): Surroundings {
    const neighbour = (query: string) => firstRow<{ id: string; endpoint: string }>(this.#sql, query, seq) ?? null;
    const key = 'SELECT id, endpoint FROM deliveries WHERE seq';
    const instance = event?.mentions?.instanceId;
    return {
      previous: neighbour(`${key} < ? ORDER BY seq DESC LIMIT 1`),
      next: neighbour(`${key} > ? ORDER BY seq LIMIT 1`),
      related: instance === undefined ? [] : this.#summaries(this.#placesOfInstance(instance, seq)),
    };
  }

  /** The nearest ones. */
  #placesOfInstance(instance: number, seq: number): number[] {
    const query = `SELECT seq FROM deliveries WHERE seq BETWEEN ? AND ? AND seq <> ?
      AND instr(event, ?) AND event ->> '$.mentions.instanceId' = ? ORDER BY abs(seq - ?) LIMIT ?`;
    const [from, to] = [seq - RELATED_WINDOW, seq + RELATED_WINDOW];
    // Most texts need not be parsed to see that they do not mention it.
    const bindings = [from, to, seq, `"instanceId":${instance}`, instance, seq, RELATED_SHOWN] as const;
    return this.#seqs(query, ...bindings);
  }

  /**
   * Places of events that match, the latest first, and where a search goes on that has come down to
   * the end of its window: null where nothing is older.
   */
  #find(filter: EventFilter, { first, last }: Places, limit: number): { places: number[]; rest: number | null } {
    const { status, type, endpoint } = filter;
    const select = (source: string, from: number, part = filter) => this.#select(part, source, from, last, limit);
    if (filter.q) return { places: this.#among(filter, findPlaces(this.#sql, filter.q, last + 1), limit), rest: null };
    if (status === 'processing') return { places: select(UNFINISHED, first), rest: null };
    // What does not match is read, too: it holds up the claims, and is billed.
    const indexed = status === 'attention' ? troubles : hasIndex(status) ? [status] : null;
    if (indexed) {
      const rest = type || endpoint || filter.from || filter.to ? this.#endOfWindow(indexed, first, last) : null;
      const places = indexed.flatMap((one) => select(INDEXED, rest ?? first, { ...filter, status: one }));
      return { places: places.sort((a, b) => b - a).slice(0, limit), rest };
    }
    const from = Math.max(Math.min(last, this.#store.lastSeq()) + 1 - LIST_WINDOW, first);
    const places = select(type || endpoint || status ? BY_ARRIVAL : 'deliveries AS d', from);
    return { places, rest: from <= first ? null : this.#olderThan(from) };
  }

  /** Where the window of a list by an index begins, or null where nothing is older. */
  #endOfWindow(statuses: readonly Status[], first: number, last: number): number | null {
    const query = `SELECT seq + 1 FROM events WHERE attention = ? AND seq BETWEEN ? AND ?
      ORDER BY seq DESC LIMIT 1 OFFSET ${LIST_WINDOW}`;
    return Math.max(...statuses.map((one) => firstValue<number>(this.#sql, query, one, first, last) ?? 0)) || null;
  }

  /** Where a search that has come down to `seq` goes on, or null where nothing is older. */
  #olderThan(seq: number): number | null {
    return firstValue<number>(this.#sql, 'SELECT max(seq) + 1 FROM deliveries WHERE seq < ?', seq);
  }

  #select(filter: EventFilter, source: string, first: number, last: number, limit: number): number[] {
    const row = source.startsWith('deliveries') ? 'd' : 'e';
    const { and, bindings } = termsOf(filter, row);
    const query = `SELECT ${row}.seq FROM ${source} WHERE ${row}.seq BETWEEN ? AND ?${and}
      ORDER BY ${row}.seq DESC LIMIT ?`;
    return this.#seqs(query, first, last, ...bindings, limit);
  }

  /** Those of `places` that match, in their order: a full page stops the search. */
  #among(filter: EventFilter, places: readonly number[], limit: number): number[] {
    const { and, bindings } = termsOf(filter, 'd');
    return this.#seqs(`SELECT d.seq FROM ${AT_PLACES}${and} LIMIT ?`, JSON.stringify(places), ...bindings, limit);
  }

  #seqs(query: string, ...bindings: SqlValue[]): number[] {
    return [...this.#sql.exec<{ seq: number }>(query, ...bindings)].map(({ seq }) => seq);
  }

  #summaries(places: readonly number[]): EventSummary[] {
    const query = `${SUMMARY} FROM ${AT_PLACES} ORDER BY d.seq DESC`;
    return this.#sql.exec<EventSummary>(query, JSON.stringify(places)).toArray();
  }
}

/**
 * The filter as SQL terms: what it compares with is bound, never written into the text.
 *
 * @param row Whose time of receipt is compared, `d` or `e`.
 */
function termsOf({ status, type, endpoint, from, to }: EventFilter, row: string) {
  const wanted: [term: string, value: SqlValue | undefined][] = [
    [hasIndex(status) ? 'e.attention = ?' : 'e.status = ?', status === 'attention' ? undefined : status],
    ['e.attention IN (SELECT value FROM json_each(?))', status === 'attention' ? JSON.stringify(troubles) : undefined],
    ['e.type = ?', type],
    ['e.endpoint = ?', endpoint],
    [`${row}.received_at >= ?`, from && Date.parse(from)],
    [`${row}.received_at < ?`, to && Date.parse(to)],
  ];
  const set = wanted.filter((entry): entry is [string, SqlValue] => Boolean(entry[1]));
  return { and: set.map(([term]) => ` AND ${term}`).join(''), bindings: set.map(([, value]) => value) };
}

/** Whether events of this status have an index: see `schema.ts`. */
function hasIndex(status: EventFilter['status']): status is Exclude<Status, 'processing' | 'processed'> {
  return status !== undefined && status !== 'attention' && status !== 'processing' && status !== 'processed';
}
