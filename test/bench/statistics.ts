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

/** The ratio of subject to baseline in each round. */
export function ratios(subject: readonly number[], baseline: readonly number[]): readonly number[] {
  return subject.map((value, round) => value / (baseline[round] ?? Number.NaN));
}

/** `open` where some rounds meet a goal and their median does not: noise must not decide. */
export type Verdict = 'met' | 'open' | 'MISSED';

/** Whether values are at most `most`. Missed only if every round misses. */
export function verdictOn(rounds: readonly number[], most: number): Verdict {
  if (median(rounds) <= most) return 'met';
  return Math.min(...rounds) <= most ? 'open' : 'MISSED';
}

/** The lowest and the highest round. */
export function spread(rounds: readonly number[], digits: number): string {
  return `${Math.min(...rounds).toFixed(digits)}–${Math.max(...rounds).toFixed(digits)}`;
}
