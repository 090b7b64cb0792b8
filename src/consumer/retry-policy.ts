// What a handler's run means for its event: done, tried again later, or given up. Pure.
import type { Grant, Report } from '../ledger/protocol.ts';
import { FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, MAX_RETRIES, MAX_STARTS } from '../limits.ts';
import type { Item } from './deps.ts';
import type { RunOutcome } from './run-handler.ts';

/** A run that has ended: what the ledger is told of it, and what becomes of its message. */
export type Ending = { readonly attempt: number; readonly ms: number; readonly report: Report } & (
  | { readonly kind: 'processed' }
  /** `told`: the error, free of payload. */
  | { readonly kind: 'retrying'; readonly told: string; readonly delaySeconds: number }
  | { readonly kind: 'dead'; readonly told: string; readonly reason: 'permanent_failure' | 'retries_exhausted' }
);

/**
 * Decides what a run's outcome means. The queue counts deliveries, the ledger starts: the delay
 * grows with the starts; a failure is final at the last of either.
 *
 * @param now Milliseconds since the epoch.
 * @param random From 0 up to, not including, 1.
 */
export function endingOf(item: Item, grant: Grant, outcome: RunOutcome, now: number, random: number): Ending {
  const { attempt, run } = grant;
  const { ms, steps } = outcome;
  const { id, endpoint } = item.sent.event;
  const report = { messageId: item.message.id, endpoint, id, run, ms, steps };
  if (outcome.kind === 'succeeded') {
    return { kind: 'processed', attempt, ms, report: { ...report, outcome: 'processed' } };
  }

  const { kept: error, told } = outcome.error;
  const isLast = item.message.attempts > MAX_RETRIES || attempt >= MAX_STARTS;
  if (outcome.kind === 'failed_for_good' || isLast) {
    const reason = outcome.kind === 'failed_for_good' ? 'permanent_failure' : 'retries_exhausted';
    return { kind: 'dead', attempt, ms, reason, told, report: { ...report, outcome: 'dead', error } };
  }
  const delaySeconds = outcome.delaySeconds ?? backoffSeconds(attempt, random);
  const retrying = { ...report, outcome: 'retrying', error, retryAt: now + delaySeconds * 1000 } as const;
  return { kind: 'retrying', attempt, ms, delaySeconds, told, report: retrying };
}

/**
 * Seconds until the next try: 10 s doubling to 1 h with `attempt`, which counts from 1. Between
 * half and all of it, by `random`, so that what failed together does not come back together.
 */
export function backoffSeconds(attempt: number, random: number): number {
  const longest = Math.min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS);
  return Math.round(longest * (0.5 + random / 2));
}
