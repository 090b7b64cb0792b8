// The last word on a message: acknowledge it or send it back, and one log line. Returns the event
// if it has died.

import type { DeadEvent } from '../event/news.ts';
import type { BuryAnswer, ClaimAnswer, Grant } from '../ledger/protocol.ts';
import { BUSY_SCATTER_SECONDS, MAX_DELAY_SECONDS } from '../limits.ts';
import { log } from '../log.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { toldText } from './error-text.ts';
import { backoffSeconds, type Ending } from './retry-policy.ts';

type Ungranted = Exclude<ClaimAnswer, Grant> | Exclude<BuryAnswer, { kind: 'requeue' }>;

/** A message whose event is not to run now. Returns the event if it has just been given up. */
export function acknowledgeUngranted(item: Item, answer: Ungranted, deps: ConsumerDeps): DeadEvent[] {
  const { message } = item;
  switch (answer.kind) {
    case 'duplicate':
    case 'drop':
      // Done, or in another message's custody: nothing is left to do for this one.
      log('event.duplicate', aboutOf(item));
      message.ack();
      return [];
    case 'busy':
      message.retry({ delaySeconds: busyDelaySeconds(answer.until, deps.random()) });
      return [];
    case 'dead': {
      const error = toldText(answer.error, item.sent.event, deps.env);
      const dead = { ...aboutOf(item), reason: 'retries_exhausted', error };
      log('event.dead', { ...dead, attempt: answer.attempts }, 'error');
      message.ack();
      return [dead];
    }
  }
}

/** A message whose handler has run, and whose run the ledger has noted. */
export function acknowledgeRun(item: Item, ending: Ending): DeadEvent | undefined {
  const { message } = item;
  const { attempt, ms } = ending;
  const about = { ...aboutOf(item), attempt, ms };
  switch (ending.kind) {
    case 'processed':
      log('event.processed', about);
      message.ack();
      return undefined;
    case 'retrying':
      log('event.retrying', { ...about, delaySeconds: ending.delaySeconds, error: ending.told }, 'warn');
      message.retry({ delaySeconds: ending.delaySeconds });
      return undefined;
    case 'dead':
      log('event.dead', { ...about, reason: ending.reason, error: ending.told }, 'error');
      message.ack();
      return { ...aboutOf(item), reason: ending.reason, error: ending.told };
  }
}

/** A message whose handler has run, but whose event had moved on without it. */
export function acknowledgeOvertaken(item: Item, ending: Ending, deps: ConsumerDeps): void {
  const { attempt, ms } = ending;
  const note = 'ran again: an earlier run reported late, or it was replayed';
  switch (ending.kind) {
    case 'processed':
      log('event.duplicate', { ...aboutOf(item), attempt, ms, note });
      return item.message.ack();
    case 'retrying':
      // Even if another message has custody by now: coming back finds out, and is then a duplicate.
      return item.message.retry({ delaySeconds: ending.delaySeconds });
    case 'dead':
      return defer([item], 'the row moved on without this run', deps);
  }
}

/** Sends messages back as they came: nothing is known to have happened to them. */
export function defer(items: readonly Item[], error: string, deps: ConsumerDeps): void {
  for (const item of items) {
    const delaySeconds = backoffSeconds(item.message.attempts, deps.random());
    log('event.deferred', { ...aboutOf(item), reason: 'ledger_unavailable', delaySeconds, error }, 'error');
    item.message.retry({ delaySeconds });
  }
}

/** What names an item's event, in a log line and elsewhere. */
export function aboutOf({ sent }: Item) {
  const { id, type, endpoint } = sent.event;
  return { id, type, endpoint };
}

/**
 * When a busy message comes back, in seconds: after the lease, scattered over a minute. A handler
 * that takes its consumer down ends its neighbours' leases, too: coming back together, they would
 * be batched with it again.
 *
 * @param until End of the lease, in milliseconds since the epoch.
 * @param random From 0 up to, not including, 1.
 */
export function busyDelaySeconds(until: number, random: number): number {
  const left = Math.max(Math.ceil((until - Date.now()) / 1000), 0);
  return Math.min(left + 1 + Math.floor(random * BUSY_SCATTER_SECONDS), MAX_DELAY_SECONDS);
}
