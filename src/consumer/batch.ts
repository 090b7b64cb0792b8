// What happens to a batch of accepted events. A message is acknowledged only once the ledger has
// what became of it, and alone: a poisoned one neither repeats its neighbours nor holds them up.

import type { DeadEvent } from '../event/news.ts';
import type { Grant } from '../ledger/protocol.ts';
import { DEAD_TOLD_AFTER_MS } from '../limits.ts';
import { acknowledgeOvertaken, acknowledgeRun, acknowledgeUngranted, defer } from './acknowledge.ts';
import { claimEvents, isTooLateToStart } from './claim.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { lookOnce } from './look.ts';
import { endingOf } from './retry-policy.ts';
import { runHandler, timeLimit } from './run-handler.ts';
import { Settlement } from './settlement.ts';
import { sortMessages } from './sort-messages.ts';
import { tellOfDead } from './tell.ts';
import { keepUnreadable, sendBackNewer } from './unreadable.ts';

/** Resolves once every message of the main queue's batch has been acknowledged or sent back. */
export async function handleBatch(batch: MessageBatch, deps: ConsumerDeps): Promise<void> {
  const { events, refused, unreadable, newer } = sortMessages(batch.messages);
  sendBackNewer(newer);
  const misplaced = refused.map(({ message }) => ({ message, reason: 'message_of_wrong_kind' as const }));
  const invocation = {};
  const aside = [...unreadable, ...misplaced];
  await Promise.all([runEvents(events, invocation, deps), keepUnreadable(aside, invocation, deps)]);
}

async function runEvents(items: readonly Item[], invocation: object, deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const claim = crypto.randomUUID();
  const askedAt = Date.now();
  const claimed = await claimEvents(claim, items, deps);
  if (!claimed.ok) return defer(items, claimed.failure, deps);

  const granted: [Item, Grant][] = [];
  const givenUp: DeadEvent[] = [];
  for (const [item, answer] of claimed.value) {
    if (answer.kind === 'run') granted.push([item, answer]);
    else givenUp.push(...acknowledgeUngranted(item, answer, deps));
  }
  // Before any handler starts: one that takes its consumer down would take the news with it.
  await tellOfDead(givenUp, invocation, deps);
  if (isTooLateToStart(askedAt)) {
    const late = granted.map(([item]) => item);
    return defer(late, 'too late for a handler to finish within its lease', deps);
  }

  const settlement = new Settlement(claim, granted.length, deps.env);
  const events = granted.map(([item]) => item.sent.event);
  const look = lookOnce(events, deps.readInstances);
  const limit = timeLimit(deps.handlerTimeoutMs);
  const dead: DeadEvent[] = [];
  // One notice for all that die: each calls every destination, and an invocation has 50 calls. Only
  // a neighbour that goes on for long gets a second: it may take the consumer down with the news.
  let early: ReturnType<typeof setTimeout> | null = null;
  let telling: Promise<void> | undefined;
  const tell = () => tellOfDead(dead.splice(0), invocation, deps);
  const runs = granted.map(async ([item, grant]) => {
    const outcome = await runHandler(item.sent.event, grant, invocation, deps, look, limit);
    const ending = endingOf(item, grant, outcome, Date.now(), deps.random());
    const settled = await settlement.settle(ending.report);
    // Succeeded but not noted, it runs again once its lease is over: a repetition, never a loss.
    if (!settled.ok) return defer([item], settled.failure, deps);
    if (!settled.value) return acknowledgeOvertaken(item, ending, deps);
    const event = acknowledgeRun(item, ending);
    if (event === undefined) return;
    dead.push(event);
    early ??= setTimeout(() => {
      telling = tell();
    }, DEAD_TOLD_AFTER_MS);
  });
  await Promise.all(runs);
  clearTimeout(early);
  await Promise.all([telling, tell()]);
}
