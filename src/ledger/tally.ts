// Counts by type and period: each of the last 48 hours by itself, before that whole days, so that a
// month stays small. Pure arithmetic: no storage, no clock.
import { RETENTION_MS } from '../limits.ts';

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** How many hours are told apart, the current one among them. */
const RECENT_HOURS = 48;

export interface Group {
  /** Hours since the epoch, as `periodOf` gives them. */
  readonly period: number;
  readonly type: string;
  readonly count: number;
}

/** The hours that are told apart at `now` (ms), the oldest first, in hours since the epoch. */
export function recentHours(now: number): number[] {
  const first = Math.floor(now / HOUR_MS) - RECENT_HOURS + 1;
  return Array.from({ length: RECENT_HOURS }, (_, index) => first + index);
}

/**
 * The period that an hour is counted in, both in hours since the epoch: itself while it is recent,
 * later the beginning of its day. A period may be given as an hour: it ends up in the same day.
 */
export function periodOf(hour: number, now: number): number {
  return hour > Math.floor(now / HOUR_MS) - RECENT_HOURS ? hour : hour - (hour % DAY_HOURS);
}

/** Adds up each period. Leaves out days that expiry has begun to delete: their rest will follow. */
export function addUp(groups: Iterable<Group>, now: number): Group[] {
  const oldest = (Math.floor((now - RETENTION_MS) / HOUR_MS / DAY_HOURS) + 1) * DAY_HOURS;
  const sums = new Map<string, Group>();
  for (const { period: hour, type, count } of groups) {
    const period = periodOf(hour, now);
    const key = `${period} ${type}`;
    if (period >= oldest) sums.set(key, { period, type, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
}

/**
 * What is left of `arrived` without `open`, both counted in the same periods. What is open from a
 * day that `arrived` no longer has takes nothing away.
 */
export function subtract(arrived: readonly Group[], open: readonly Group[]): Group[] {
  const taken = new Map<string, number>();
  for (const { period, type, count } of open) {
    const key = `${period} ${type}`;
    taken.set(key, (taken.get(key) ?? 0) + count);
  }
  return arrived
    .map(({ period, type, count }) => ({ period, type, count: count - (taken.get(`${period} ${type}`) ?? 0) }))
    .filter(({ count }) => count > 0);
}

/** The first and the last place of what was received in a period. */
export type Span = readonly [period: number, first: number, last: number];

/** How long a period's places are remembered, in hours: rows that finish late outlive retention. */
const SPANS_KEPT_HOURS = (2 * RETENTION_MS) / HOUR_MS;

/** Joins the places of each period, which may be given as an hour. */
export function joinSpans(spans: Iterable<Span>, now: number): Span[] {
  const joined = new Map<number, Span>();
  for (const [hour, first, last] of spans) {
    const period = periodOf(hour, now);
    const [, least, most] = joined.get(period) ?? [period, first, last];
    joined.set(period, [period, Math.min(first, least), Math.max(last, most)]);
  }
  return [...joined.values()].filter(([period]) => period > now / HOUR_MS - SPANS_KEPT_HOURS);
}

/** Between which places all lies that was received from `from` up to `to` (ms), and more. */
export function spanOf(spans: readonly Span[], from: number, to: number, now: number) {
  const met = joinSpans(spans, now).filter(([period]) => {
    const hours = periodOf(period + 1, now) === period ? DAY_HOURS : 1;
    return (period + hours) * HOUR_MS > from && period * HOUR_MS < to;
  });
  return { first: Math.min(...met.map(([, first]) => first)), last: Math.max(...met.map(([, , last]) => last)) };
}
