// When a failed event is tried again.
import { expect, test } from 'vitest';
import { backoffSeconds } from '../../../src/consumer/retry-policy.ts';

const ALMOST_ONE = 1 - Number.EPSILON;

test.each([
  [1, 10],
  [2, 20],
  [3, 40],
  [9, 2_560],
  [10, 3_600],
  [11, 3_600],
  [2_000, 3_600],
])('waits between half and all of its doubled delay after try %i', (attempt, longest) => {
  expect(backoffSeconds(attempt, 0)).toBe(longest / 2);
  expect(backoffSeconds(attempt, ALMOST_ONE)).toBe(longest);
});

test('waits whole seconds, as the queue demands', () => {
  for (let chance = 0; chance < 1; chance += 0.01) expect(backoffSeconds(1, chance)).toBeOneOf([5, 6, 7, 8, 9, 10]);
});
