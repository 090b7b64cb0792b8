// What a handler's run means for its event: done, tried again after a delay, or given up. Pure:
// time and chance come in.
import type { Grant, Report } from '../ledger/protocol.ts';
import { FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, MAX_RETRIES, MAX_STARTS } from '../limits.ts';
import type { Item } from './deps.ts';
import type { RunOutcome } from './run-handler.ts';

/** A run that has ended: what the ledger is told of it, and what becomes of its message. */
export type Ending = { readonly attempt: number; readonly ms: number; readonly report: Report } & (
  | { readonly kind: 'processed' }
  /** `told`: the error, free of payload. */
  | { readonly kind: 'retrying'; readonly told: string; readonly delaySeconds: number }
  | { readonly kind: 'dead'; readonly told: string; readonly reason: DeathReason }
);

/** Why an event is given up. */
export type DeathReason = 'permanent_failure' | 'retries_exhausted';

/**
 * Decides what a run's outcome means.
 *
 * The queue counts deliveries, the ledger counts starts: the delay grows with the starts, but a
 * message on its last delivery does not come back, so a failure then is final. So is one at the
 * last start, whoever holds the event.
 *
 * @param now Milliseconds since the epoch.
 * @param random From 0 up to, not including, 1.
 */
export function endingOf(
  { message, sent }: Item,
  grant: Grant,
  outcome: RunOutcome,
  now: number,
  random: number,
): Ending {
  const { attempt, run } = grant;
  const { ms, steps } = outcome;
  const { id, endpoint } = sent.event;
  const report = { messageId: message.id, endpoint, id, run, ms, steps };
  if (outcome.kind === 'succeeded') {
    return { kind: 'processed', attempt, ms, report: { ...report, outcome: 'processed' } };
  }

  const { kept: error, told } = outcome.error;
  const isLast = message.attempts > MAX_RETRIES || attempt >= MAX_STARTS;
  if (outcome.kind === 'failed_for_good' || isLast) {
    const reason = outcome.kind === 'failed_for_good' ? 'permanent_failure' : 'retries_exhausted';
    return { kind: 'dead', attempt, ms, reason, told, report: { ...report, outcome: 'dead', error } };
  }
  const delaySeconds = outcome.delaySeconds ?? backoffSeconds(attempt, random);
  const retryAt = now + delaySeconds * 1000;
  return {
    kind: 'retrying',
    attempt,
    ms,
    delaySeconds,
    told,
    report: { ...report, outcome: 'retrying', error, retryAt },
  };
}

/**
 * Seconds until the next try: 10 s doubling to 1 h, of which between half and all is waited, so
 * that events that failed together do not come back together.
 *
 * @param attempt How often the event has been tried, counting from 1.
 * @param random From 0 up to, not including, 1.
 */
export function backoffSeconds(attempt: number, random: number): number {
  const longest = Math.min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS);
  return Math.round(longest * (0.5 + random / 2));
}
