// How many events have arrived, by hour and type. Neither ever changes for an event, so the count is kept in memory and
// only what has arrived since is read. The first count after the object has started reads every row, in chunks, with room
// for claims in between; counting everything for each look would, at a hundred thousand rows, be most of the bill.
import type { Sql } from './sql.ts';

export const HOUR_MS = 3_600_000;

/** Rows counted in one go: some 20 ms, during which the object does nothing else. */
const CHUNK = 20_000;

/** Newest rows among which the last one received is looked for: a dead letter may reach the ledger hours after its delivery. */
const LATE_ARRIVALS = 100;

export interface Arrived {
  /** Hours since the epoch. */
  readonly hour: number;
  readonly type: string;
  readonly count: number;
}

type Group = { hour: number; type: string; count: number; last: string };

export class Arrivals {
  readonly #sql: Sql;
  readonly #counts = new Map<string, Arrived>();
  #countedTo = 0;
  #lastReceivedAt: number | null = null;
  #firstCount: Promise<void> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Brings the count up to date. Until it has resolved once, `groups` is incomplete. */
  async update(): Promise<void> {
    this.#firstCount ??= this.#countAll().catch((error: unknown) => {
      this.#firstCount = undefined;
      throw error;
    });
    await this.#firstCount;
    this.#countNew();
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

  async #countAll(): Promise<void> {
    const to = this.#newest();
    this.#counts.clear();
    for (let after = ''; ; ) {
      const groups = this.#sql
        .exec<Group>(
          `SELECT received_at / ${HOUR_MS} AS hour, type, count(*) AS count, max(id) AS last
           FROM (SELECT id, type, received_at FROM events WHERE id > ? AND seq <= ? ORDER BY id LIMIT ${CHUNK})
           GROUP BY 1, 2`,
          after,
          to,
        )
        .toArray();
      for (const group of groups) this.#add(group);
      if (groups.reduce((sum, group) => sum + group.count, 0) < CHUNK) break;
      after = groups.map((group) => group.last).reduce(later, '');
      await scheduler.wait(0);
    }
    this.#countedTo = to;
  }

  #countNew(): void {
    const to = this.#newest();
    const groups = this.#sql.exec<Group>(
      `SELECT e.received_at / ${HOUR_MS} AS hour, e.type, count(*) AS count, '' AS last
       FROM deliveries AS d CROSS JOIN events AS e ON e.id = d.id WHERE d.seq > ? AND d.seq <= ? GROUP BY 1, 2`,
      this.#countedTo,
      to,
    );
    for (const group of groups) this.#add(group);
    this.#countedTo = to;
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

  #add({ hour, type, count }: Group): void {
    const key = `${hour} ${type}`;
    this.#counts.set(key, { hour, type, count: (this.#counts.get(key)?.count ?? 0) + count });
  }
}

/** SQLite orders ids by their bytes, as JavaScript orders ASCII. */
function later(a: string, b: string): string {
  return a < b ? b : a;
}
