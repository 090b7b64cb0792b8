// What happens to a batch of accepted events: decode, claim, run side by side, settle as the runs
// end, acknowledge, tell.
//
// A message is acknowledged only after the ledger has what became of it. Nothing is decided for the
// batch as a whole, so a poisoned message neither repeats its neighbours nor holds them up beyond
// its own 30 seconds.
import { askLedger } from '../ledger/client.ts';
import type { ClaimAnswer, ClaimRequest, Grant } from '../ledger/protocol.ts';
import { HANDLER_TIMEOUT_MS, LEASE_MS, LEDGER_TIMEOUT_MS, LEDGER_TRIES } from '../limits.ts';
import { acknowledgeOvertaken, acknowledgeRun, acknowledgeUngranted, defer } from './acknowledge.ts';
import type { DeadEvent } from './define-notices.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { endingOf } from './retry-policy.ts';
import { runHandler } from './run-handler.ts';
import { Settlement } from './settlement.ts';
import { sortMessages } from './sort-messages.ts';
import { tellOfDead } from './tell.ts';
import { keepUnreadable, sendBackNewer } from './unreadable.ts';

/**
 * The latest moment of a lease at which a handler may still start: enough must be left to finish
 * and to report. The calls' own time-outs end well before it, unless the isolate was stalled and
 * its timers with it.
 */
const LATEST_START_MS = LEASE_MS - HANDLER_TIMEOUT_MS - LEDGER_TRIES * LEDGER_TIMEOUT_MS;

/**
 * Handles a batch of the main queue. Resolves once every message has been acknowledged or sent
 * back.
 */
export async function handleBatch(batch: MessageBatch, deps: ConsumerDeps): Promise<void> {
  const { events, refused, unreadable, newer } = sortMessages(batch.messages);
  sendBackNewer(newer);
  const misplaced = refused.map(({ message }) => ({ message, reason: 'message_of_wrong_kind' as const }));
  await Promise.all([runEvents(events, deps), keepUnreadable([...unreadable, ...misplaced], deps)]);
}

async function runEvents(items: readonly Item[], deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const claim = crypto.randomUUID();
  const invocation = {};

  const askedAt = Date.now();
  const claimed = await askLedger(deps.env, items, (ledger) => ledger.claim(claim, items.map(requestOf)));
  if (!claimed.ok) return defer(items, claimed.failure, deps);

  const granted: [Item, Grant][] = [];
  const givenUp: DeadEvent[] = [];
  for (const [item, answer] of claimed.value) {
    if (answer.kind === 'run') granted.push([item, answer]);
    else givenUp.push(...acknowledgeUngranted(item, answer, deps));
  }
  // Before any handler starts: one that takes its consumer down would take the news with it.
  await Promise.all(givenUp.map((event) => tellOfDead(event, invocation, deps)));
  if (Date.now() - askedAt > LATEST_START_MS) {
    const late = granted.map(([item]) => item);
    return defer(late, 'too late for a handler to finish within its lease', deps);
  }

  const settlement = new Settlement(claim, granted.length, deps.env);
  await Promise.all(
    granted.map(async ([item, grant]) => {
      const outcome = await runHandler(item.sent.event, grant, invocation, deps);
      const ending = endingOf(item, grant, outcome, Date.now(), deps.random());
      const settled = await settlement.settle(ending.report);
      // What succeeded but could not be noted runs again once its lease is over: a repetition,
      // never a loss.
      if (!settled.ok) return defer([item], settled.failure, deps);
      if (!settled.value) return acknowledgeOvertaken(item, ending, deps);
      const dead = acknowledgeRun(item, ending);
      if (dead) await tellOfDead(dead, invocation, deps);
    }),
  );
}

function requestOf({ message, sent }: Item): ClaimRequest {
  const { id, type, endpoint } = sent.event;
  return { messageId: message.id, id, type, endpoint, receivedAt: sent.receivedAt, event: JSON.stringify(sent.event) };
}
