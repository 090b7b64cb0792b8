// How many events have arrived, by time and type. Neither ever changes for an event, so the count is kept in memory and
// only what has arrived since is read. The first count after the object has started reads every row, in chunks, with room
// for claims in between; counting everything for each look would, at a hundred thousand rows, be most of the bill.
import { RETENTION_MS } from '../limits.ts';
import type { Sql } from './sql.ts';

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/**
 * The period that an hour is counted in, both in hours since the epoch: itself, or the beginning of its day where it lies
 * before `recent`. An hour that has been counted by itself falls into the same day later as one counted with its day.
 */
export function periodOf(hour: number, recent: number): number {
  return hour >= recent ? hour : hour - (hour % DAY_HOURS);
}

/** SQL for `periodOf` of a row's `received_at`. Binds `recent`. */
const PERIOD = `CASE WHEN received_at >= ?1 * ${HOUR_MS} THEN CAST(received_at / ${HOUR_MS} AS INTEGER)
  ELSE CAST(received_at / ${HOUR_MS * DAY_HOURS} AS INTEGER) * ${DAY_HOURS} END`;

/** Rows scanned in one go: some 20 ms, during which the object does nothing else. */
const SCANNED_AT_ONCE = 20_000;

/** New rows that are looked up in order of arrival. More than these are counted faster by a scan. */
const LOOKED_UP_AT_ONCE = 3_000;

/** Newest rows among which the last one received is looked for: a dead letter may reach the ledger hours after its delivery. */
const LATE_ARRIVALS = 100;

export interface Arrived {
  /** Hours since the epoch: see `periodOf`. */
  readonly period: number;
  readonly type: string;
  readonly count: number;
}

type Group = { period: number; type: string; count: number };

export class Arrivals {
  readonly #sql: Sql;
  readonly #counts = new Map<string, Arrived>();
  /** Place of the last row that has been counted. */
  #countedTo = 0;
  #lastReceivedAt: number | null = null;
  #scan: Promise<void> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Brings the count up to date: when it resolves, it is right until the caller waits for anything else.
   *
   * @param recent From which hour since the epoch on to count by the hour; before it, by the day.
   */
  async update(recent: number): Promise<void> {
    while (this.#newest() - this.#countedTo > LOOKED_UP_AT_ONCE) {
      this.#scan ??= this.#scanNew(recent).finally(() => {
        this.#scan = undefined;
      });
      await this.#scan;
    }
    this.#lookUpNew(recent);
  }

  /** The groups of all periods that lie within the retention as a whole. Older ones are forgotten: their rows get deleted. */
  groups(now: number): Arrived[] {
    const oldest = (Math.floor((now - RETENTION_MS) / HOUR_MS / DAY_HOURS) + 1) * DAY_HOURS;
    for (const [key, group] of this.#counts) if (group.period < oldest) this.#counts.delete(key);
    return [...this.#counts.values()];
  }

  /** When the newest event was received, in milliseconds since the epoch. */
  get lastReceivedAt(): number | null {
    return this.#lastReceivedAt;
  }

  /** Counts in the order of ids, which is how the rows lie. Nothing is added until all have been read. */
  async #scanNew(recent: number): Promise<void> {
    const to = this.#newest();
    const found: Group[] = [];
    let after: string | null = '';
    while (after !== null) {
      const end: string | null = this.#endOfChunk(after);
      const groups = this.#sql.exec<Group>(
        `SELECT ${PERIOD} AS period, type, count(*) AS count FROM events
         WHERE id > ?2 AND id <= coalesce(?3, x'ff') AND seq > ?4 AND seq <= ?5 GROUP BY 1, 2`,
        recent,
        after,
        end,
        this.#countedTo,
        to,
      );
      found.push(...groups);
      after = end;
      await scheduler.wait(0);
    }
    this.#add(found, to);
  }

  /** The id at which a chunk that begins after `after` ends; null where it is the last. */
  #endOfChunk(after: string): string | null {
    const query = `SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${SCANNED_AT_ONCE - 1}`;
    return this.#sql.exec<{ id: string }>(query, after).toArray()[0]?.id ?? null;
  }

  #lookUpNew(recent: number): void {
    const to = this.#newest();
    const groups = this.#sql.exec<Group>(
      `SELECT ${PERIOD} AS period, type, count(*) AS count
       FROM (SELECT e.received_at, e.type FROM deliveries AS d CROSS JOIN events AS e ON e.id = d.id
             WHERE d.seq > ?2 AND d.seq <= ?3) GROUP BY 1, 2`,
      recent,
      this.#countedTo,
      to,
    );
    this.#add([...groups], to);
  }

  /** The last place in the order of arrival. */
  #newest(): number {
    const [newest] = this.#sql
      .exec<{ seq: number | null; received_at: number | null }>(
        `SELECT max(seq) AS seq, max(received_at) AS received_at
         FROM (SELECT seq, received_at FROM deliveries ORDER BY seq DESC LIMIT ${LATE_ARRIVALS})`,
      )
      .toArray();
    this.#lastReceivedAt = newest?.received_at ?? null;
    return newest?.seq ?? 0;
  }

  #add(groups: readonly Group[], to: number): void {
    for (const { period, type, count } of groups) {
      const key = `${period} ${type}`;
      this.#counts.set(key, { period, type, count: (this.#counts.get(key)?.count ?? 0) + count });
    }
    this.#countedTo = to;
  }
}
