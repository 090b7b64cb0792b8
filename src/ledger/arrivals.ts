// What has arrived and what became of it, counted row by row in the order of arrival. The count is
// stored now and then: an idle object is evicted within minutes, and counting anew for each look
// would use up most of the rows that may be read in a day.
import { isWebhook } from '../event/catalogue.ts';
import { noTotals, type Totals, withAge, withTry } from './meters.ts';
import { UNREADABLE_MESSAGE_ENDPOINT } from './protocol.ts';
import { AT_PLACES } from './queries.ts';
import { firstValue, type Sql } from './sql.ts';
import type { Status } from './status.ts';
import { BY_ARRIVAL, HAS_RUN, type Try } from './store.ts';
import { addUp, type Group, HOUR_MS, joinSpans, type Span } from './tally.ts';

/** Rows counted in one go: some 20 ms, during which the object does nothing else. */
const COUNTED_AT_ONCE = 1_000;

/**
 * So many new rows are worth one written row. An object that starts counts fewer of them again.
 * What cannot be counted again is worth one by itself.
 */
const STORED_AFTER = 100;

/** Unfinished events whose further tries are counted, the latest ones. */
const FOLLOWED = 1_000;

/**
 * Longest count that is stored, in characters: within the platform's 2 MB a value, and far more
 * than Vast.ai's types add up to.
 */
const MAX_STORED_LENGTH = 500_000;

const NAME = 'arrivals';

/** What has been counted, as it is stored. */
interface Counted {
  /** The last place in the order of arrival that has been counted. */
  to: number;
  /** When the newest webhook was received. Not the last by place: a dead letter may come late. */
  lastReceivedAt: number | null;
  /** What has gone to a handler. */
  groups: readonly Group[];
  spans: readonly Span[];
  totals: Totals;
  /** Of each event that may be tried again: its place, and up to when its tries are counted. */
  followed: readonly (readonly [seq: number, until: number])[];
}

type Followed = { readonly seq: number; readonly status: Status; readonly tries: string };
type Arrived = Followed & {
  endpoint: string;
  received_at: number;
  hour: number;
  type: string;
  ran: number;
  plain: number;
  created: string | null;
};

export class Arrivals {
  readonly #sql: Sql;
  readonly #counted: Counted = { to: 0, lastReceivedAt: null, groups: [], spans: [], totals: noTotals, followed: [] };
  readonly #followed: Map<number, number>;
  /** What has been counted since the count was stored. */
  #notStored = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    const json = firstValue<string>(sql, 'SELECT json FROM tallies WHERE name = ?', NAME);
    if (json !== null) this.#counted = JSON.parse(json);
    this.#followed = new Map(this.#counted.followed);
  }

  /** As of the latest `update`. */
  get counted(): Readonly<Omit<Counted, 'followed'>> {
    return this.#counted;
  }

  /** Counts all that is new, with room for claims in between. Right until the caller next waits. */
  async update(now: number): Promise<void> {
    while (this.#countSome(now) === COUNTED_AT_ONCE) await scheduler.wait(0);
    this.#follow();
    if (this.#notStored >= STORED_AFTER) this.#store();
  }

  /**
   * A part of the watchdog's round, so that a look at a quiet ledger finds little to count.
   *
   * @param now Milliseconds since the epoch.
   */
  keepUp(now: number): void {
    this.#countSome(now);
    this.#follow();
    if (this.#notStored > 0) this.#store();
  }

  /** Copies leave no row: they are stored by the next look, lest a total that was told falls. */
  addDuplicates(count: number): void {
    const { totals } = this.#counted;
    this.#counted.totals = { ...totals, duplicates: totals.duplicates + count };
    this.#notStored += count * STORED_AFTER;
  }

  /** @returns How many rows: fewer than `COUNTED_AT_ONCE` means that none is left. */
  #countSome(now: number): number {
    const counted = this.#counted;
    // Grouped here and not in SQL, whose sorting is billed as a third row read.
    const query = `SELECT d.seq, d.endpoint, d.received_at, d.received_at / ${HOUR_MS} AS hour, e.type, e.status,
      e.tries, ${HAS_RUN} AS ran, d.refusal IS NULL AS plain, d.event ->> '$.created' AS created
      FROM ${BY_ARRIVAL} WHERE d.seq > ? ORDER BY d.seq LIMIT ?`;
    const found = this.#sql.exec<Arrived>(query, counted.to, COUNTED_AT_ONCE).toArray();
    if (found.length === 0) return 0;
    const ran = found.filter((row) => row.ran).map(({ hour, type }) => [hour, type, 1] as const);
    counted.groups = addUp([...counted.groups, ...ran], now);
    counted.spans = joinSpans([...counted.spans, ...found.map(({ hour, seq }) => [hour, seq, seq] as const)], now);
    for (const row of found) {
      const { seq, received_at, created, plain } = row;
      counted.to = seq;
      if (isWebhook(row) && row.endpoint !== UNREADABLE_MESSAGE_ENDPOINT)
        counted.lastReceivedAt = Math.max(counted.lastReceivedAt ?? 0, received_at);
      // What was kept aside had its age counted there, and comes by once more when it has run. By
      // then, the object may have started again: such a count is stored.
      if (!plain) this.#notStored += STORED_AFTER;
      const age = plain || !row.ran ? (received_at - Date.parse(created ?? '')) / 1000 : Number.NaN;
      if (!Number.isNaN(age)) counted.totals = withAge(counted.totals, age);
      if (row.ran) this.#countTries(row);
    }
    this.#notStored += found.length;
    if (this.#notStored >= STORED_AFTER) this.#store();
    return found.length;
  }

  /** Counts what has been tried since, of the latest events that were not finished then. */
  #follow(): void {
    const places = [...this.#followed.keys()].slice(-FOLLOWED);
    const query = `SELECT e.seq, e.status, e.tries FROM ${AT_PLACES}`;
    const found = this.#sql.exec<Followed>(query, JSON.stringify(places)).toArray();
    const left = new Set(found.map(({ seq }) => seq));
    for (const seq of this.#followed.keys()) if (!left.has(seq)) this.#followed.delete(seq);
    for (const row of found) this.#countTries(row);
  }

  #countTries({ seq, status, tries }: Followed): void {
    const until = this.#followed.get(seq) ?? 0;
    const ended = (JSON.parse(tries) as Try[]).filter(({ at }) => at > until);
    for (const attempt of ended) this.#counted.totals = withTry(this.#counted.totals, attempt);
    if (this.#followed.has(seq)) this.#notStored += ended.length;
    if (status === 'processed') this.#followed.delete(seq);
    else this.#followed.set(seq, ended.at(-1)?.at ?? until);
  }

  #store(): void {
    const json = JSON.stringify({ ...this.#counted, followed: [...this.#followed] } satisfies Counted);
    this.#notStored = 0;
    if (json.length <= MAX_STORED_LENGTH) this.#sql.exec('INSERT OR REPLACE INTO tallies VALUES (?, ?)', NAME, json);
  }
}
