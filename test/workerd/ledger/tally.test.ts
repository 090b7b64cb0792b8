import { describe, expect, it } from 'vitest';
import { addUp, HOUR_MS, joinSpans, periodOf, placesOf, recentHours } from '../../../src/ledger/tally.ts';
import { RETENTION_MS } from '../../../src/limits.ts';

const DAY = 24;
/** Noon of a day, in hours since the epoch. */
const NOON = 20_000 * DAY + 12;
const now = NOON * HOUR_MS + 1_234;
const outbid = (period: number, count: number) => [period, 'outbid', count] as const;

describe('a period', () => {
  it('is the hour itself for the last 48 hours, and the day before that', () => {
    expect(recentHours(now)).toHaveLength(48);
    for (const hour of recentHours(now)) expect(periodOf(hour, now)).toBe(hour);
    expect(periodOf(NOON - 48, now)).toBe(NOON - 48 - 12);
    expect(periodOf(NOON - 59, now)).toBe(NOON - 48 - 12);
    expect(periodOf(NOON - 61, now)).toBe(NOON - 48 - 12 - DAY);
  });
});

describe('adding up', () => {
  it('joins what has the same type and period, and nothing else', () => {
    const lowCredit = [NOON, 'low_credit', 5] as const;
    expect(addUp([outbid(NOON, 2), lowCredit, outbid(NOON, 3), outbid(NOON - 1, 7)], now)).toEqual([
      outbid(NOON, 5),
      lowCredit,
      outbid(NOON - 1, 7),
    ]);
  });

  it('folds hours into their day as time goes on, without losing one', () => {
    const hours = recentHours(now).map((hour) => outbid(hour, 1));
    const later = addUp(addUp(hours, now), now + 10 * DAY * HOUR_MS);
    expect(later.map(([, , count]) => count)).toEqual([11, 24, 13]);
    expect(later.every(([period]) => period % DAY === 0)).toBe(true);
  });

  it('forgets a day once its first rows are old enough to be deleted', () => {
    const first = NOON - 12;
    const old = outbid(first, 4);
    expect(addUp([old], first * HOUR_MS + RETENTION_MS - 1)).toEqual([old]);
    expect(addUp([old], first * HOUR_MS + RETENTION_MS)).toEqual([]);
  });
});

describe('taking away', () => {
  it('leaves the rest of the same type and period, and all else as it was', () => {
    const arrived = [outbid(NOON, 9), outbid(NOON - 1, 9), [NOON, 'low_credit', 9] as const];
    const open = [outbid(NOON, -2), outbid(NOON, -3)];
    expect(addUp([...arrived, ...open], now)).toEqual([outbid(NOON, 4), arrived[1], arrived[2]]);
  });

  it('leaves nothing out of nothing, be it that all is open or that the day is forgotten', () => {
    expect(addUp([outbid(NOON, 2), outbid(NOON, -2), outbid(NOON - 900, -1)], now)).toEqual([]);
  });

  it('in an hour finds what has been folded into its day', () => {
    const day = addUp([outbid(NOON - 70, 5)], now);
    expect(addUp([...day, outbid(NOON - 70, -2)], now)).toEqual([outbid(periodOf(NOON - 70, now), 3)]);
  });
});

describe('places', () => {
  it('of an hour are its first and its last, of an older day those of all its hours', () => {
    const spans = joinSpans(
      [
        [NOON, 7, 9],
        [NOON, 3, 3],
        [NOON - 1, 1, 2],
        [NOON - 70, 20, 21],
        [NOON - 71, 5, 6],
      ],
      now,
    );
    expect(spans).toEqual([
      [NOON, 3, 9],
      [NOON - 1, 1, 2],
      [periodOf(NOON - 70, now), 5, 21],
    ]);
    const between = (from: number, to: number) => placesOf(spans, from * HOUR_MS, to * HOUR_MS, now);
    expect(between(NOON, NOON + 1)).toEqual({ first: 3, last: 9 });
    expect(between(NOON - 1, NOON)).toEqual({ first: 1, last: 2 });
    expect(between(NOON - 0.5, NOON + 1)).toEqual({ first: 1, last: 9 });
    expect(between(NOON - 61, NOON - 60.5)).toEqual({ first: 5, last: 21 });
  });

  it('of a time with nothing in it are none', () => {
    const { first, last } = placesOf([[NOON, 3, 9]], (NOON - 2) * HOUR_MS, NOON * HOUR_MS, now);
    expect(first).toBeGreaterThan(last);
  });
});
