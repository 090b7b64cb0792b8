import { expect, test } from 'vitest';
import { mean, median, ratios, spread, verdictOn } from './statistics.ts';

test('the median of an even number of rounds lies between the middle two', () => {
  expect(median([9, 1, 3, 5])).toBe(4);
});

test('a ratio is taken round by round, so that one slow round does not bend it', () => {
  expect(ratios([2, 20, 4], [1, 10, 2])).toEqual([2, 2, 2]);
});

test('the mean takes every round into account', () => {
  expect(mean([1, 2, 6])).toBe(3);
});

test.each([
  ['is met where the median meets it, whatever one slow round says', [1.0, 1.1, 9.0], 'met'],
  ['is open where only some rounds meet it', [1.1, 1.3, 1.4], 'open'],
  ['is missed where the whole spread misses it', [1.3, 1.4, 1.5], 'MISSED'],
] as const)('a goal %s', (_, rounds, verdict) => {
  expect(verdictOn(rounds, 1.2)).toBe(verdict);
});

test('the spread goes from the lowest to the highest round', () => {
  expect(spread([3, 1, 2], 1)).toBe('1.0–3.0');
});
