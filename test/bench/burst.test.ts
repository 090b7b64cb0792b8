import { expect, test } from 'vitest';
import { burstOf } from './burst.ts';

test('ten thousand events in a minute are counted against every limit that they meet', () => {
  expect(burstOf(10_000, 60, 5, 1_000)).toEqual({
    eventsPerSecond: 10_000 / 60,
    queue: 10_000 / 60 / 5_000,
    ledgerCalls: (10_000 / 60 / 5) * (2 / 1_000),
    ledgerTime: 10_000 / 60 / 1_000,
    longestBatchSeconds: 250 / (10_000 / 60 / 5),
  });
});

test('larger batches spare calls, and give handlers longer', () => {
  const [small, large] = [burstOf(10_000, 60, 5, 1_000), burstOf(10_000, 60, 50, 1_000)];
  expect(large.ledgerCalls).toBeCloseTo(small.ledgerCalls / 10);
  expect(large.longestBatchSeconds).toBeCloseTo(small.longestBatchSeconds * 10);
});
