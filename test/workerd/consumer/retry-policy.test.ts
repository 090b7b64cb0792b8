// Whether and when a failed event is tried again.
import { describe, expect, test } from 'vitest';
import type { Item } from '../../../src/consumer/deps.ts';
import { backoffSeconds, endingOf } from '../../../src/consumer/retry-policy.ts';
import { MAX_STARTS } from '../../../src/limits.ts';
import { eventMessage } from './batch-message.ts';
import { sampleEvent } from './sample-event.ts';

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

describe('a failed run', () => {
  const NOW = Date.UTC(2026, 2, 2);
  const event = sampleEvent();
  const message = eventMessage(event, { attempts: 1 }) as unknown as Item['message'];
  const item: Item = { message, sent: { kind: 'event', event, receivedAt: NOW } };
  const failed = { kind: 'failed', ms: 7, steps: [], error: { kept: 'Error: no', told: 'Error' } } as const;
  const endingAfter = (attempt: number) =>
    endingOf(item, { kind: 'run', run: 1, attempt, steps: [] }, { ...failed, delaySeconds: 90 }, NOW, 0);

  test('is reported with the time at which its message comes back', () => {
    expect(endingAfter(1)).toMatchObject({ kind: 'retrying', delaySeconds: 90, report: { retryAt: NOW + 90_000 } });
  });

  test('is final at the last start, however few deliveries the queue has counted', () => {
    expect(endingAfter(MAX_STARTS - 1)).toMatchObject({ kind: 'retrying' });
    const error = 'Error: no';
    expect(endingAfter(MAX_STARTS)).toMatchObject({ reason: 'retries_exhausted', report: { outcome: 'dead', error } });
  });
});
