// How many events have arrived, by hour and type. Neither ever changes for an event, so the count is kept in memory and
// only what has arrived since is read. The first count after the object has started reads every row, in chunks, with room
// for claims in between; counting everything for each look would, at a hundred thousand rows, be most of the bill.
import type { Sql } from './sql.ts';

export const HOUR_MS = 3_600_000;

/** Rows scanned in one go: some 20 ms, during which the object does nothing else. */
const SCANNED_AT_ONCE = 20_000;

/** New rows that are looked up in order of arrival. More than these are counted faster by a scan. */
const LOOKED_UP_AT_ONCE = 3_000;

/** Newest rows among which the last one received is looked for: a dead letter may reach the ledger hours after its delivery. */
const LATE_ARRIVALS = 100;

export interface Arrived {
  /** Hours since the epoch. */
  readonly hour: number;
  readonly type: string;
  readonly count: number;
}

type Group = { hour: number; type: string; count: number };

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

  /** Brings the count up to date: when it resolves, it is right until the caller waits for anything else. */
  async update(): Promise<void> {
    while (this.#newest() - this.#countedTo > LOOKED_UP_AT_ONCE) {
      this.#scan ??= this.#scanNew().finally(() => {
        this.#scan = undefined;
      });
      await this.#scan;
    }
    this.#lookUpNew();
  }

  /** The groups from hour `from` on; older ones are forgotten, since the ledger deletes their rows. */
  groups(from: number): Arrived[] {
    for (const [key, group] of this.#counts) if (group.hour < from) this.#counts.delete(key);
    return [...this.#counts.values()];
  }

  /** When the newest event was received, in milliseconds since the epoch. */
  get lastReceivedAt(): number | null {
    return this.#lastReceivedAt;
  }

  /** Counts in the order of ids, which is how the rows lie. Nothing is added until all have been read. */
  async #scanNew(): Promise<void> {
    const to = this.#newest();
    const found: Group[] = [];
    let after: string | null = '';
    while (after !== null) {
      const end: string | null = this.#endOfChunk(after);
      const groups = this.#sql.exec<Group>(
        `SELECT CAST(received_at / ${HOUR_MS} AS INTEGER) AS hour, type, count(*) AS count FROM events
         WHERE id > ? AND id <= coalesce(?, x'ff') AND seq > ? AND seq <= ? GROUP BY 1, 2`,
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

  #lookUpNew(): void {
    const to = this.#newest();
    const groups = this.#sql.exec<Group>(
      `SELECT CAST(e.received_at / ${HOUR_MS} AS INTEGER) AS hour, e.type, count(*) AS count
       FROM deliveries AS d CROSS JOIN events AS e ON e.id = d.id WHERE d.seq > ? AND d.seq <= ? GROUP BY 1, 2`,
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
    for (const { hour, type, count } of groups) {
      const key = `${hour} ${type}`;
      this.#counts.set(key, { hour, type, count: (this.#counts.get(key)?.count ?? 0) + count });
    }
    this.#countedTo = to;
  }
}
