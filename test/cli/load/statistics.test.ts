import { expect, test } from 'vitest';
import { busyMs } from '../../../src/cli/bench/startup.ts';
import { compare, median } from '../../../src/cli/bench/statistics.ts';
import { percentilesOf } from '../../../src/cli/load/percentiles.ts';

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

test('start-up is what the profiler saw running, whatever the gaps between its looks', () => {
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName } });
  const nodes = [node(1, '(root)'), node(2, '(idle)'), node(3, 'migrate'), node(4, '(program)')];
  expect(busyMs({ nodes, samples: [2, 3, 3, 4, 2] })).toBe(3);
});

test('the median of an even number of rounds lies between the middle two', () => {
  expect(median([9, 1, 3, 5])).toBe(4);
});

test('a ratio is taken round by round, so that one slow round does not bend it', () => {
  expect(compare([2, 20, 4], [1, 10, 2])).toEqual({ ratio: 2, rounds: [2, 2, 2] });
});
