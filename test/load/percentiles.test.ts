import { expect, test } from 'vitest';
import { percentilesOf } from './percentiles.ts';

test('percentiles are values that were measured, whatever their order', () => {
  const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
  expect(percentilesOf(values)).toEqual({ p50: 500, p90: 900, p99: 990, p999: 999, max: 1_000 });
});

test('a rank between two values is the higher one', () => {
  expect(percentilesOf([10, 20, 30, 40, 50, 60, 70])).toEqual({ p50: 40, p90: 70, p99: 70, p999: 70, max: 70 });
});

test('of a single value every percentile is that value', () => {
  expect(percentilesOf([7])).toEqual({ p50: 7, p90: 7, p99: 7, p999: 7, max: 7 });
});
