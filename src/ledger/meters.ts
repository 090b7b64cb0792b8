// What has happened so far, as counters that only grow: how late deliveries came, how their tries
// ended and how long these took. Pure arithmetic: no storage, no clock.
import type { Try } from './store.ts';

export interface Histogram {
  /** How many values fell into each bucket; the last one has no upper bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface Totals {
  /** By how many seconds before its arrival an event was created. */
  readonly ages: Histogram;
  /** By how many seconds a handler took. */
  readonly durations: Histogram;
  readonly tries: Readonly<Record<Try['outcome'], number>>;
  /** Copies that reached the ledger, and were not run. */
  readonly duplicates: number;
}

/** Upper bounds of the buckets, in seconds: the tolerance, a handler's time-out are among them. */
export const AGE_BOUNDS: readonly number[] = [1, 10, 60, 300, 3_600, 86_400];
export const DURATION_BOUNDS: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const noTotals: Totals = {
  ages: { counts: Array(AGE_BOUNDS.length + 1).fill(0), sum: 0 },
  durations: { counts: Array(DURATION_BOUNDS.length + 1).fill(0), sum: 0 },
  tries: { succeeded: 0, failed: 0, lost: 0 },
  duplicates: 0,
};

/** @param seconds Below zero where the sender's clock is ahead: counted as none. */
export function withAge(totals: Totals, seconds: number): Totals {
  return { ...totals, ages: observe(totals.ages, AGE_BOUNDS, Math.max(seconds, 0)) };
}

export function withTry(totals: Totals, { outcome, ms }: Try): Totals {
  const tries = { ...totals.tries, [outcome]: totals.tries[outcome] + 1 };
  const durations = ms === undefined ? totals.durations : observe(totals.durations, DURATION_BOUNDS, ms / 1000);
  return { ...totals, tries, durations };
}

function observe({ counts, sum }: Histogram, bounds: readonly number[], value: number): Histogram {
  const bucket = bounds.findIndex((bound) => value <= bound);
  return { counts: counts.with(bucket, (counts.at(bucket) ?? 0) + 1), sum: sum + value };
}
