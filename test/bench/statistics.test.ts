import { expect, test } from 'vitest';
import { compare, mean, median } from './statistics.ts';

test('the median of an even number of rounds lies between the middle two', () => {
  expect(median([9, 1, 3, 5])).toBe(4);
});

test('a ratio is taken round by round, so that one slow round does not bend it', () => {
  expect(compare([2, 20, 4], [1, 10, 2])).toEqual({ ratio: 2, rounds: [2, 2, 2] });
});

test('the mean takes every round into account', () => {
  expect(mean([1, 2, 6])).toBe(3);
});
