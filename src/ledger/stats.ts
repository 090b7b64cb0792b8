// Counts over the whole ledger. What has been processed is not counted but left over: all arrivals,
// less the few events in any other status, which are found by their indexes.
import type { Arrivals } from './arrivals.ts';
import type { Sql } from './sql.ts';
import { type Status, statuses } from './status.ts';
import { type Group, HOUR_MS, periodOf, recentHours, subtract } from './tally.ts';
import { UNFINISHED_TRIES } from './unfinished.ts';

type Counts = Readonly<Record<Status, number>>;

export interface Stats {
  readonly total: number;
  readonly byStatus: Counts;
  readonly byType: readonly { readonly type: string; readonly status: Status; readonly count: number }[];
  /**
   * The last 48 hours, the oldest first; `hour` is its beginning in milliseconds since the epoch.
   */
  readonly perHour: readonly { readonly hour: number; readonly byStatus: Counts }[];
  /** In milliseconds since the epoch, as all times here. */
  readonly lastReceivedAt: number | null;
  readonly oldestUnfinished: {
    readonly id: string;
    readonly endpoint: string;
    readonly status: Status;
    readonly receivedAt: number;
  } | null;
}

type StatusGroup = Group & { readonly status: Status };

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

  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    byStatus,
    byType: [...byType.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type)),
    perHour: [...hours].map(([hour, counts]) => ({ hour: hour * HOUR_MS, byStatus: counts })),
    lastReceivedAt: arrivals.lastReceivedAt,
    oldestUnfinished: oldestUnfinished(sql),
  };
}

/**
 * Every event once, grouped by period, type and status. Read in one go: no claim may slip in
 * between the queries.
 */
function groupsOf(sql: Sql, arrivals: Arrivals, now: number): StatusGroup[] {
  const open: StatusGroup[] = sql
    .exec<{ hour: number; type: string; status: Status; count: number }>(
      `SELECT CAST(received_at / ${HOUR_MS} AS INTEGER) AS hour, type, attention AS status, count(*) AS count
       FROM events WHERE attention IS NOT NULL GROUP BY 1, 2, 3
       UNION ALL
       SELECT CAST(received_at / ${HOUR_MS} AS INTEGER), type, 'processing', count(*) FROM (${UNFINISHED_TRIES}) GROUP BY 1, 2`,
    )
    .toArray()
    .map(({ hour, ...group }) => ({ ...group, period: periodOf(hour, now) }));
  const processed = subtract(arrivals.groups(now), open);
  return [...open, ...processed.map((group) => ({ ...group, status: 'processed' as const }))];
}

/** The event that has waited longest for its handler to succeed or give up. */
function oldestUnfinished(sql: Sql): Stats['oldestUnfinished'] {
  const [oldest] = sql
    .exec<NonNullable<Stats['oldestUnfinished']>>(
      `SELECT id, endpoint, attention AS status, received_at AS receivedAt
       FROM events WHERE attention IN ('retrying', 'queued')
       UNION ALL
       SELECT id, endpoint, 'processing', received_at FROM (${UNFINISHED_TRIES})
       ORDER BY receivedAt LIMIT 1`,
    )
    .toArray();
  return oldest ?? null;
}

function noneYet(): Record<Status, number> {
  return Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
}
