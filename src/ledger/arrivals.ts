// How many events have arrived, by time and type. Neither ever changes for an event, so each is
// counted once, in order of arrival. The count is stored now and then: an idle object is evicted
// within minutes, and to count everything anew for each look at it would spend most of the rows
// that may be read in a day.
import type { Sql } from './sql.ts';
import { addUp, type Group, HOUR_MS } from './tally.ts';

/** Rows counted in one go: some 20 ms, during which the object does nothing else. */
const COUNTED_AT_ONCE = 2_000;

/**
 * So many newly counted rows are worth one written row. An object that starts reads fewer than
 * these once more.
 */
const STORED_AFTER = 100;

/**
 * Longest count that is stored, in characters: safely within the platform's 2 MB a value, far above
 * what Vast.ai's types add up to.
 */
const MAX_STORED_LENGTH = 500_000;

const NAME = 'arrivals';

/** As it is stored. */
interface Counted {
  /** Place of the last row that has been counted, in the order of arrival. */
  readonly to: number;
  readonly lastReceivedAt: number | null;
  readonly groups: readonly (readonly [period: number, type: string, count: number])[];
}

type Found = { seq: number; received_at: number; type: string };

export class Arrivals {
  readonly #sql: Sql;
  #groups: readonly Group[];
  #to: number;
  #lastReceivedAt: number | null;
  /** Rows counted since the count was stored. */
  #notStored = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    const [row] = sql.exec<{ json: string }>('SELECT json FROM tallies WHERE name = ?', NAME).toArray();
    const stored: Counted = row ? JSON.parse(row.json) : { to: 0, lastReceivedAt: null, groups: [] };
    this.#groups = stored.groups.map(([period, type, count]) => ({ period, type, count }));
    this.#to = stored.to;
    this.#lastReceivedAt = stored.lastReceivedAt;
  }

  /**
   * Brings the count up to date, with room for claims in between: when it resolves, it is right
   * until the caller waits for anything else.
   *
   * @param now Milliseconds since the epoch.
   */
  async update(now: number): Promise<void> {
    while (this.#countSome(now) === COUNTED_AT_ONCE) await scheduler.wait(0);
  }

  /**
   * A part of the watchdog's round, so that a look at a quiet ledger finds little to count. Must
   * follow the deletion of old rows without a wait in between: places are given anew once the
   * latest rows have been deleted, and what arrives there has not been counted.
   *
   * @param now Milliseconds since the epoch.
   */
  keepUp(now: number): void {
    const last =
      this.#sql.exec<{ seq: number | null }>('SELECT max(seq) AS seq FROM deliveries').toArray()[0]?.seq ?? 0;
    const givenAnew = last < this.#to;
    if (givenAnew) this.#to = last;
    this.#countSome(now);
    if (givenAnew || this.#notStored > 0) this.#store();
  }

  /** By the periods of `now`: see `tally.ts`. */
  groups(now: number): Group[] {
    return addUp(this.#groups, now);
  }

  /**
   * When the newest event was received, in milliseconds since the epoch. Not by place: a dead
   * letter may be late by hours.
   */
  get lastReceivedAt(): number | null {
    return this.#lastReceivedAt;
  }

  /** @returns How many rows: fewer than `COUNTED_AT_ONCE` means that none is left. */
  #countSome(now: number): number {
    // Grouped here and not in SQL, whose sorting is billed as a third row read.
    const found = this.#sql
      .exec<Found>(
        `SELECT d.seq, d.received_at, e.type FROM deliveries AS d CROSS JOIN events AS e ON e.id = d.id AND e.endpoint = d.endpoint
         WHERE d.seq > ? ORDER BY d.seq LIMIT ${COUNTED_AT_ONCE}`,
        this.#to,
      )
      .toArray();
    if (found.length === 0) return 0;
    const hourly = found.map((row) => ({ period: Math.floor(row.received_at / HOUR_MS), type: row.type, count: 1 }));
    this.#groups = addUp([...this.#groups, ...hourly], now);
    for (const { received_at } of found) this.#lastReceivedAt = Math.max(this.#lastReceivedAt ?? 0, received_at);
    this.#to = found.at(-1)?.seq ?? this.#to;
    this.#notStored += found.length;
    if (this.#notStored >= STORED_AFTER) this.#store();
    return found.length;
  }

  #store(): void {
    const groups = this.#groups.map(({ period, type, count }) => [period, type, count] as const);
    const counted: Counted = { to: this.#to, lastReceivedAt: this.#lastReceivedAt, groups };
    const json = JSON.stringify(counted);
    this.#notStored = 0;
    if (json.length > MAX_STORED_LENGTH) return;
    this.#sql.exec('INSERT OR REPLACE INTO tallies VALUES (?, ?)', NAME, json);
  }
}
