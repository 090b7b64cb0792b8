// Counts over the whole ledger, for the operator's page. What has gone to a handler is counted
// once, in its place; the few events that are not processed are found by their indexes; what has
// gone to a handler and is not among them has been processed.
import type { Arrivals } from './arrivals.ts';
import { REFUSAL_REASON, UNFINISHED_TRIES } from './queries.ts';
import { firstRow, type Sql } from './sql.ts';
import { type Status, statuses } from './status.ts';
import { HAS_RUN, type Row } from './store.ts';
import { addUp, HOUR_MS, recentHours } from './tally.ts';

export type Stats = Awaited<ReturnType<typeof countEvents>>;
type OldestUnfinished = Pick<Row, 'id' | 'endpoint' | 'status' | 'receivedAt'>;

/** All times in milliseconds since the epoch. */
export async function countEvents(sql: Sql, arrivals: Arrivals, now: number) {
  await arrivals.update(now);
  const groups = groupsOf(sql, arrivals, now);

  const byStatus = noneYet();
  const byType = new Map<string, { type: string; status: Status; count: number }>();
  const kept = new Map<string, number>();
  const hours = new Map(recentHours(now).map((hour) => [hour, noneYet()]));
  for (const { hour, type, status, count, reason } of groups) {
    byStatus[status] += count;
    if (reason !== null) kept.set(reason, (kept.get(reason) ?? 0) + count);
    const key = `${type} ${status}`;
    byType.set(key, { type, status, count: (byType.get(key)?.count ?? 0) + count });
    const inHour = hours.get(hour);
    if (inHour) inHour[status] += count;
  }

  const oldest = `SELECT id, endpoint, attention AS status, received_at AS receivedAt FROM events
    WHERE attention IN ('retrying', 'queued')
    UNION ALL SELECT id, endpoint, 'processing', received_at FROM (${UNFINISHED_TRIES}) ORDER BY receivedAt LIMIT 1`;
  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    byStatus,
    byType: [...byType.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type)),
    /** The last 48 hours, the oldest first; `hour` is its beginning. */
    perHour: [...hours].map(([hour, counts]) => ({ hour: hour * HOUR_MS, byStatus: counts })),
    /** Of the newest webhook; a test that Vast.ai sent on request is none. */
    lastReceivedAt: arrivals.counted.lastReceivedAt,
    /** Deliveries that are kept aside, by reason. */
    kept: [...kept].map(([reason, count]) => ({ reason, count })),
    totals: arrivals.counted.totals,
    /** The event that has waited longest for its handler to succeed or give up. */
    oldestUnfinished: firstRow<OldestUnfinished>(sql, oldest) ?? null,
  };
}

function noneYet(): Record<Status, number> {
  return Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
}

/** Every event once, by all that tells them apart. In one go: no claim may slip in between. */
function groupsOf(sql: Sql, arrivals: Arrivals, now: number) {
  const hour = `received_at / ${HOUR_MS} AS hour`;
  const query = `SELECT ${hour}, type, attention AS status, ${HAS_RUN} AS ran, ${REFUSAL_REASON} AS reason,
      count(*) AS count FROM events AS e WHERE attention IS NOT NULL GROUP BY 1, 2, 3, 4, 5
    UNION ALL SELECT ${hour}, type, 'processing', true, NULL, count(*) FROM (${UNFINISHED_TRIES}) GROUP BY 1, 2`;
  type Open = { hour: number; type: string; status: Status; ran: number; reason: string | null; count: number };
  const open = sql.exec<Open>(query).toArray();
  const less = open.filter(({ ran }) => ran).map(({ hour, type, count }) => [hour, type, -count] as const);
  const processed = addUp([...arrivals.counted.groups, ...less], now);
  return [
    ...open,
    ...processed.map(([hour, type, count]) => ({ hour, type, count, status: 'processed' as const, reason: null })),
  ];
}
