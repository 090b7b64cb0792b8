// From how a handler's run ended to what is reported: the retry policy. Pure but for the clock.
import type { ClaimAnswer, Report } from '../ledger/protocol.ts';
import { MAX_RETRIES } from '../limits.ts';
import { backoffSeconds } from './backoff.ts';
import type { Item } from './deps.ts';
import type { RunOutcome } from './run-handler.ts';

/** Why an event is given up. */
export type DeathReason = 'permanent_failure' | 'retries_exhausted';

/** What became of one message of a batch. */
export type Ending =
  | {
      readonly kind: 'ran';
      readonly report: Report;
      readonly attempt: number;
      /** With `retrying`. */
      readonly delaySeconds?: number;
      /** With `dead`. */
      readonly reason?: DeathReason;
    }
  | Exclude<ClaimAnswer, { kind: 'run' }>
  /** The ledger's answer was shorter than the question. */
  | { readonly kind: 'unanswered' };

/**
 * Decides what a run's outcome means for its event.
 *
 * The queue counts deliveries, the ledger counts tries: the delay grows with the tries, but a message on its last delivery
 * does not come back, so a failure then is final.
 *
 * @param random From 0 up to, not including, 1.
 */
export function endingOf(
  item: Item,
  granted: Extract<ClaimAnswer, { kind: 'run' }>,
  outcome: RunOutcome,
  random: number,
): Ending {
  const { attempt, run } = granted;
  const { ms, steps } = outcome;
  const about = { messageId: item.message.id, id: item.sent.event.id, run, ms, steps };
  if (outcome.kind === 'succeeded') return { kind: 'ran', attempt, report: { ...about, outcome: 'processed' } };

  const { error } = outcome;
  const lastDelivery = item.message.attempts > MAX_RETRIES;
  if (outcome.kind === 'failed_for_good' || lastDelivery) {
    const reason = outcome.kind === 'failed_for_good' ? 'permanent_failure' : 'retries_exhausted';
    return { kind: 'ran', attempt, report: { ...about, outcome: 'dead', error }, reason };
  }
  const delaySeconds = outcome.delaySeconds ?? backoffSeconds(attempt, random);
  const retryAt = Date.now() + delaySeconds * 1000;
  return { kind: 'ran', attempt, report: { ...about, outcome: 'retrying', error, retryAt }, delaySeconds };
}
