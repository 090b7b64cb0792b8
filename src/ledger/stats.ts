// Counts over the whole ledger, in one pass over the small rows.
import type { Sql } from './sql.ts';
import { type Status, statuses } from './status.ts';

const HOUR_MS = 3_600_000;
const HOURS = 48;

export interface Stats {
  readonly total: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  readonly byType: readonly { readonly type: string; readonly status: Status; readonly count: number }[];
  /** The last 48 hours, the oldest first; `hour` is its beginning in milliseconds since the epoch. */
  readonly perHour: readonly { readonly hour: number; readonly byStatus: Readonly<Record<Status, number>> }[];
  readonly lastReceivedAt: number | null;
  readonly oldestUnfinished: { readonly id: string; readonly status: Status; readonly receivedAt: number } | null;
}

/** @param now Milliseconds since the epoch. */
export function countEvents(sql: Sql, now: number): Stats {
  const currentHour = Math.floor(now / HOUR_MS);
  const firstHour = currentHour - HOURS + 1;
  const groups = sql
    .exec<{ hour: number; status: Status; type: string; count: number; last: number }>(
      `SELECT max(received_at / ${HOUR_MS}, ?) AS hour, status, type, count(*) AS count, max(received_at) AS last
       FROM events GROUP BY 1, 2, 3`,
      firstHour - 1,
    )
    .toArray();

  const byStatus = noneYet();
  const byType = new Map<string, { type: string; status: Status; count: number }>();
  const hours = new Map<number, Record<Status, number>>();
  for (let hour = firstHour; hour <= currentHour; hour += 1) hours.set(hour, noneYet());
  for (const group of groups) {
    byStatus[group.status] += group.count;
    const key = `${group.type} ${group.status}`;
    const same = byType.get(key) ?? { type: group.type, status: group.status, count: 0 };
    byType.set(key, { ...same, count: same.count + group.count });
    const hour = hours.get(group.hour);
    if (hour) hour[group.status] += group.count;
  }

  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    byStatus,
    byType: [...byType.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type)),
    perHour: [...hours].map(([hour, counts]) => ({ hour: hour * HOUR_MS, byStatus: counts })),
    lastReceivedAt: groups.reduce<number | null>((last, group) => Math.max(last ?? 0, group.last), null),
    oldestUnfinished: oldestUnfinished(sql),
  };
}

/** The event that has waited longest for its handler to succeed or give up. */
function oldestUnfinished(sql: Sql): Stats['oldestUnfinished'] {
  const [row] = sql
    .exec<{ id: string; status: Status; received_at: number }>(
      `SELECT id, status, received_at FROM events WHERE status IN ('processing', 'retrying', 'queued')
       ORDER BY received_at LIMIT 1`,
    )
    .toArray();
  return row ? { id: row.id, status: row.status, receivedAt: row.received_at } : null;
}

function noneYet(): Record<Status, number> {
  return Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
}
