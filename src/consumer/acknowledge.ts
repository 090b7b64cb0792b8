// The last word on a message: acknowledge it or send it back, and one log line.
import { BUSY_SCATTER_SECONDS, MAX_DELAY_SECONDS } from '../limits.ts';
import { backoffSeconds } from './backoff.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import type { Ending } from './retry-policy.ts';

/**
 * @param counts Whether the ledger took the report; true where there was nothing to report.
 */
export function finish(item: Item, ending: Ending | undefined, counts: boolean, deps: ConsumerDeps): void {
  const { message, sent } = item;
  const { id, type, endpoint } = sent.event;
  const about = { id, type, endpoint };
  switch (ending?.kind) {
    case 'duplicate':
      // Done, or in another message's custody: nothing is left to do for this one.
      deps.log('event.duplicate', about);
      return message.ack();
    case 'busy':
      return message.retry({ delaySeconds: busyDelaySeconds(ending.until, deps.random()) });
    case 'unanswered':
    case undefined:
      return sendBack([item], 'the ledger gave no answer', deps);
    case 'ran':
      return finishRun(item, ending, counts, deps);
  }
}

function finishRun(item: Item, ending: Extract<Ending, { kind: 'ran' }>, counts: boolean, deps: ConsumerDeps): void {
  const { message, sent } = item;
  const { report, attempt, delaySeconds, reason } = ending;
  const { id, type, endpoint } = sent.event;
  const about = { id, type, endpoint, attempt, ms: report.ms };
  switch (report.outcome) {
    case 'processed':
      if (counts) deps.log('event.processed', about);
      else
        deps.log('event.duplicate', { ...about, note: 'ran again: an earlier run reported late, or it was replayed' });
      return message.ack();
    case 'dead':
      if (!counts) return sendBack([item], 'the row moved on without this run', deps);
      deps.log('event.dead', { ...about, reason, error: report.error }, 'error');
      return message.ack();
    case 'retrying':
      if (counts) deps.log('event.retrying', { ...about, delaySeconds, error: report.error }, 'warn');
      // Even if another message has custody by now: coming back finds out, and is then a duplicate.
      return message.retry({ delaySeconds: delaySeconds ?? 0 });
  }
}

/** Sends messages back as they came: nothing is known to have happened to them. */
export function sendBack(items: readonly Item[], error: string, deps: ConsumerDeps): void {
  for (const { message, sent } of items) {
    const { id, type, endpoint } = sent.event;
    const delaySeconds = backoffSeconds(message.attempts, deps.random());
    deps.log('event.deferred', { id, type, endpoint, reason: 'ledger_unavailable', delaySeconds, error }, 'error');
    message.retry({ delaySeconds });
  }
}

/**
 * When a busy message comes back, in seconds: after the lease, scattered over a minute. A handler that takes its consumer down
 * takes the neighbours' leases with it, and all end at once; coming back together they would be batched with it again.
 *
 * @param until End of the lease, in milliseconds since the epoch.
 * @param random From 0 up to, not including, 1.
 */
export function busyDelaySeconds(until: number, random: number): number {
  const left = Math.max(Math.ceil((until - Date.now()) / 1000), 0);
  return Math.min(left + 1 + Math.floor(random * BUSY_SCATTER_SECONDS), MAX_DELAY_SECONDS);
}
