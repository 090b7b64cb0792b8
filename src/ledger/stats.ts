// Counts over the whole ledger. What has been processed is not counted but left over: all arrivals, less the few events
// in any other status, which are found by their indexes.
import { RETENTION_MS } from '../limits.ts';
import { type Arrivals, HOUR_MS } from './arrivals.ts';
import type { Sql } from './sql.ts';
import { type Status, statuses } from './status.ts';
import { UNFINISHED_TRIES } from './unfinished.ts';

const HOURS = 48;

type Counts = Readonly<Record<Status, number>>;

export interface Stats {
  readonly total: number;
  readonly byStatus: Counts;
  readonly byType: readonly { readonly type: string; readonly status: Status; readonly count: number }[];
  /** The last 48 hours, the oldest first; `hour` is its beginning in milliseconds since the epoch. */
  readonly perHour: readonly { readonly hour: number; readonly byStatus: Counts }[];
  /** In milliseconds since the epoch, as all times here. */
  readonly lastReceivedAt: number | null;
  readonly oldestUnfinished: { readonly id: string; readonly status: Status; readonly receivedAt: number } | null;
}

interface Group {
  readonly hour: number;
  readonly type: string;
  readonly status: Status;
  readonly count: number;
}

/** @param now Milliseconds since the epoch. */
export async function countEvents(sql: Sql, arrivals: Arrivals, now: number): Promise<Stats> {
  await arrivals.update();
  const groups = groupsOf(sql, arrivals, now);

  const currentHour = Math.floor(now / HOUR_MS);
  const byStatus = noneYet();
  const byType = new Map<string, Stats['byType'][number]>();
  const hours = new Map<number, Record<Status, number>>();
  for (let hour = currentHour - HOURS + 1; hour <= currentHour; hour += 1) hours.set(hour, noneYet());
  for (const { hour, type, status, count } of groups) {
    byStatus[status] += count;
    const key = `${type} ${status}`;
    byType.set(key, { type, status, count: (byType.get(key)?.count ?? 0) + count });
    const inHour = hours.get(hour);
    if (inHour) inHour[status] += count;
  }

  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    byStatus,
    byType: [...byType.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type)),
    perHour: [...hours].map(([hour, counts]) => ({ hour: hour * HOUR_MS, byStatus: counts })),
    lastReceivedAt: arrivals.lastReceivedAt,
    oldestUnfinished: oldestUnfinished(sql),
  };
}

/** Every event once, grouped by hour, type and status. Read in one go: no claim may slip in between the queries. */
function groupsOf(sql: Sql, arrivals: Arrivals, now: number): Group[] {
  const open = sql
    .exec<{ hour: number; type: string; status: Status; count: number }>(
      `SELECT CAST(received_at / ${HOUR_MS} AS INTEGER) AS hour, type, attention AS status, count(*) AS count
       FROM events WHERE attention IS NOT NULL GROUP BY 1, 2, 3
       UNION ALL
       SELECT CAST(received_at / ${HOUR_MS} AS INTEGER), type, 'processing', count(*) FROM (${UNFINISHED_TRIES}) GROUP BY 1, 2`,
    )
    .toArray();
  const notProcessed = new Map<string, number>();
  for (const { hour, type, count } of open) {
    const key = `${hour} ${type}`;
    notProcessed.set(key, (notProcessed.get(key) ?? 0) + count);
  }
  // Only hours that lie within the retention as a whole: of the one before, some rows are gone already.
  const oldestWholeHour = Math.floor((now - RETENTION_MS) / HOUR_MS) + 1;
  const processed = arrivals.groups(oldestWholeHour).flatMap(({ hour, type, count }) => {
    const left = count - (notProcessed.get(`${hour} ${type}`) ?? 0);
    return left > 0 ? [{ hour, type, status: 'processed' as const, count: left }] : [];
  });
  return [...open, ...processed];
}

/** The event that has waited longest for its handler to succeed or give up. */
function oldestUnfinished(sql: Sql): Stats['oldestUnfinished'] {
  const [row] = sql
    .exec<{ id: string; status: Status; received_at: number }>(
      `SELECT id, attention AS status, received_at FROM events WHERE attention IN ('retrying', 'queued')
       UNION ALL
       SELECT id, 'processing', received_at FROM (${UNFINISHED_TRIES})
       ORDER BY received_at LIMIT 1`,
    )
    .toArray();
  return row ? { id: row.id, status: row.status, receivedAt: row.received_at } : null;
}

function noneYet(): Record<Status, number> {
  return Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
}
