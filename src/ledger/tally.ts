// Counts by type and period: each of the last 48 hours by itself, before that whole days, so that a
// month stays small. Pure arithmetic: no storage, no clock.
import { RETENTION_MS } from '../limits.ts';

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** How many hours are told apart, the current one among them. */
const RECENT_HOURS = 48;

/** How many of a type in a period, which is in hours since the epoch: see `periodOf`. */
export type Group = readonly [period: number, type: string, count: number];

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

/**
 * Adds up each type and period, which may be given as an hour. Leaves out what adds up to nothing
 * or less, and days that expiry has begun to delete: their rest will follow.
 */
export function addUp(groups: Iterable<Group>, now: number): Group[] {
  const oldest = (Math.floor((now - RETENTION_MS) / HOUR_MS / DAY_HOURS) + 1) * DAY_HOURS;
  const sums = new Map<string, Group>();
  for (const [hour, type, count] of groups) {
    const period = periodOf(hour, now);
    const key = `${period} ${type}`;
    sums.set(key, [period, type, count + (sums.get(key)?.[2] ?? 0)]);
  }
  return [...sums.values()].filter(([period, , count]) => period >= oldest && count > 0);
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

/** From the first place on, up to and with the last. */
export interface Places {
  readonly first: number;
  readonly last: number;
}

/** Between which places all lies that was received from `from` up to `to` (ms), and more. */
export function placesOf(spans: readonly Span[], from: number, to: number, now: number): Places {
  const met = joinSpans(spans, now).filter(([period]) => {
    const hours = periodOf(period + 1, now) === period ? DAY_HOURS : 1;
    return (period + hours) * HOUR_MS > from && period * HOUR_MS < to;
  });
  return { first: Math.min(...met.map(([, first]) => first)), last: Math.max(...met.map(([, , last]) => last)) };
}
