// Counts over the whole ledger, for the operator's page. What has gone to a handler is counted
// once, in its place; the few events that are not processed are found by their indexes; what has
// gone to a handler and is not among them has been processed.
import { UNFINISHED_TRIES } from './queries.ts';
import { firstRow, type Sql } from './sql.ts';
import { type Status, statuses } from './status.ts';
import { BY_ARRIVAL, HAS_RUN, type Row } from './store.ts';
import { addUp, type Group, HOUR_MS, periodOf, recentHours, subtract } from './tally.ts';

type Counts = Readonly<Record<Status, number>>;
type OldestUnfinished = Pick<Row, 'id' | 'endpoint' | 'status' | 'receivedAt'>;

/** All times in milliseconds since the epoch. */
export interface Stats {
  readonly total: number;
  readonly byStatus: Counts;
  readonly byType: readonly { readonly type: string; readonly status: Status; readonly count: number }[];
  /** The last 48 hours, the oldest first; `hour` is its beginning. */
  readonly perHour: readonly { readonly hour: number; readonly byStatus: Counts }[];
  readonly lastReceivedAt: number | null;
  /** The event that has waited longest for its handler to succeed or give up. */
  readonly oldestUnfinished: OldestUnfinished | null;
}

/** @param now Milliseconds since the epoch. */
export async function countEvents(sql: Sql, arrivals: Arrivals, now: number): Promise<Stats> {
  await arrivals.update(now);
  const groups = groupsOf(sql, arrivals, now);

  const byStatus = noneYet();
  const byType = new Map<string, Stats['byType'][number]>();
  const hours = new Map(recentHours(now).map((hour) => [hour, noneYet()]));
  for (const { period, type, status, count } of groups) {
    byStatus[status] += count;
    const key = `${type} ${status}`;
    byType.set(key, { type, status, count: (byType.get(key)?.count ?? 0) + count });
    const inHour = hours.get(period);
    if (inHour) inHour[status] += count;
  }

  const oldest = `SELECT id, endpoint, attention AS status, received_at AS receivedAt FROM events
    WHERE attention IN ('retrying', 'queued')
    UNION ALL SELECT id, endpoint, 'processing', received_at FROM (${UNFINISHED_TRIES}) ORDER BY receivedAt LIMIT 1`;
  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    byStatus,
    byType: [...byType.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type)),
    perHour: [...hours].map(([hour, counts]) => ({ hour: hour * HOUR_MS, byStatus: counts })),
    lastReceivedAt: arrivals.lastReceivedAt,
    oldestUnfinished: firstRow<OldestUnfinished>(sql, oldest) ?? null,
  };
}

function noneYet(): Record<Status, number> {
  return Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
}

/** Every event once, by period, type and status. In one go: no claim may slip in between. */
function groupsOf(sql: Sql, arrivals: Arrivals, now: number) {
  const byHour = `CAST(received_at / ${HOUR_MS} AS INTEGER) AS hour`;
  const query = `SELECT ${byHour}, type, attention AS status, ${HAS_RUN} AS ran, count(*) AS count
    FROM events AS e WHERE attention IS NOT NULL GROUP BY 1, 2, 3, 4
    UNION ALL SELECT ${byHour}, type, 'processing', true, count(*) FROM (${UNFINISHED_TRIES}) GROUP BY 1, 2`;
  const found = sql.exec<{ hour: number; type: string; status: Status; ran: number; count: number }>(query);
  const open = [...found].map(({ hour, ...group }) => ({ ...group, period: periodOf(hour, now) }));
  const processed = subtract(
    arrivals.groups(now),
    open.filter(({ ran }) => ran),
  );
  return [...open, ...processed.map((group) => ({ ...group, status: 'processed' as const }))];
}

/** Rows counted in one go: some 20 ms, during which the object does nothing else. */
const COUNTED_AT_ONCE = 2_000;

/** So many new rows are worth one written row. An object that starts counts fewer of them again. */
const STORED_AFTER = 100;

/**
 * Longest count that is stored, in characters: within the platform's 2 MB a value, and far more
 * than Vast.ai's types add up to.
 */
const MAX_STORED_LENGTH = 500_000;

const NAME = 'arrivals';

/** As it is stored. */
interface Counted {
  /** The last place in the order of arrival that has been counted. */
  readonly to: number;
  readonly lastReceivedAt: number | null;
  readonly groups: readonly (readonly [period: number, type: string, count: number])[];
}

/**
 * How many events have arrived, by time and type, which never change. The count is stored now and
 * then: an idle object is evicted within minutes, and counting anew for each look would use up most
 * of the rows that may be read in a day.
 */
export class Arrivals {
  readonly #sql: Sql;
  #groups: readonly Group[];
  #to: number;
  #lastReceivedAt: number | null;
  /** Rows counted since the count was stored. */
  #notStored = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    const row = firstRow<{ json: string }>(sql, 'SELECT json FROM tallies WHERE name = ?', NAME);
    const stored: Counted = row ? JSON.parse(row.json) : { to: 0, lastReceivedAt: null, groups: [] };
    this.#groups = stored.groups.map(([period, type, count]) => ({ period, type, count }));
    this.#to = stored.to;
    this.#lastReceivedAt = stored.lastReceivedAt;
  }

  /** Counts all that is new, with room for claims in between. Right until the caller next waits. */
  async update(now: number): Promise<void> {
    while (this.#countSome(now) === COUNTED_AT_ONCE) await scheduler.wait(0);
  }

  /**
   * A part of the watchdog's round, so that a look at a quiet ledger finds little to count.
   *
   * @param now Milliseconds since the epoch.
   */
  keepUp(now: number): void {
    this.#countSome(now);
    if (this.#notStored > 0) this.#store();
  }

  /** By the periods of `now`: see `tally.ts`. */
  groups(now: number): Group[] {
    return addUp(this.#groups, now);
  }

  /** When the newest event was received. Not the last by place: a dead letter may be hours late. */
  get lastReceivedAt(): number | null {
    return this.#lastReceivedAt;
  }

  /** @returns How many rows: fewer than `COUNTED_AT_ONCE` means that none is left. */
  #countSome(now: number): number {
    // Grouped here and not in SQL, whose sorting is billed as a third row read.
    const query = `SELECT d.seq, d.received_at, e.type, ${HAS_RUN} AS ran FROM ${BY_ARRIVAL}
      WHERE d.seq > ? ORDER BY d.seq LIMIT ?`;
    const counted = this.#sql.exec<{ seq: number; received_at: number; type: string; ran: number }>(
      query,
      this.#to,
      COUNTED_AT_ONCE,
    );
    const found = counted.toArray();
    if (found.length === 0) return 0;
    const hourly = found
      .filter(({ ran }) => ran)
      .map((row) => ({ period: Math.floor(row.received_at / HOUR_MS), type: row.type, count: 1 }));
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
