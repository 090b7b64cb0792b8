// Messages whose leases end together must not come back together: one of them may have taken the
// others' consumer down.
import { expect, test, vi } from 'vitest';
import { busyDelaySeconds } from '../../../src/consumer/acknowledge.ts';
import { BUSY_SCATTER_SECONDS, MAX_DELAY_SECONDS } from '../../../src/limits.ts';

const NOW = 1_700_000_000_000;

test.each([
  ['right after the lease, where chance says nothing', 120_000, 0, 121],
  ['up to a minute later', 120_000, 0.999, 121 + BUSY_SCATTER_SECONDS - 1],
  ['soon where the lease is already over', -5_000, 0, 1],
  ['no later than the queue allows', 2 * MAX_DELAY_SECONDS * 1_000, 0.5, MAX_DELAY_SECONDS],
])('a busy message comes back %s', (_, left, random, expected) => {
  vi.useFakeTimers({ now: NOW });
  try {
    expect(busyDelaySeconds(NOW + left, random)).toBe(expected);
  } finally {
    vi.useRealTimers();
  }
});
