// Numbers from rounds. A ratio is taken within a round, so that what slows a whole round slows both
// sides of it.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * One comparison: what it cost in each round beside what it is compared with, and the ratio of each
 * round.
 */
export interface Comparison {
  /** The median of the rounds' ratios: subject by baseline. */
  readonly ratio: number;
  readonly rounds: readonly number[];
}

export function compare(subject: readonly number[], baseline: readonly number[]): Comparison {
  const rounds = subject.map((value, round) => value / (baseline[round] ?? Number.NaN));
  return { ratio: median(rounds), rounds };
}
