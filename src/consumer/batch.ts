// What happens to a batch of accepted events: decode, claim, run side by side, settle, and only then acknowledge.
//
// A message is acknowledged only after the ledger has what became of it. Nothing is decided for the batch as a whole, so a
// poisoned message neither repeats its neighbours nor holds them up beyond its own 30 seconds.
import { callLedger } from '../ledger/client.ts';
import type { ClaimAnswer, ClaimRequest } from '../ledger/protocol.ts';
import { HANDLER_TIMEOUT_MS, LEASE_MS, LEDGER_TIMEOUT_MS, LEDGER_TRIES } from '../limits.ts';
import { decodeMessage } from '../queue/message.ts';
import { finish, sendBack } from './acknowledge.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { type Ending, endingOf } from './retry-policy.ts';
import { runHandler } from './run-handler.ts';
import { type DeadEvent, tellOfDead } from './tell-of-dead.ts';
import { keepUnreadable, type Unreadable } from './unreadable.ts';

/**
 * The latest moment of a lease at which a handler may still start: enough must be left to finish and to report. The calls'
 * own time-outs end well before it, unless the isolate was stalled and its timers with it.
 */
const LATEST_START_MS = LEASE_MS - HANDLER_TIMEOUT_MS - LEDGER_TRIES * LEDGER_TIMEOUT_MS;

/** Handles a batch of the main queue. Resolves once every message has been acknowledged or sent back. */
export async function handleBatch(batch: MessageBatch, deps: ConsumerDeps): Promise<void> {
  const { items, unreadable } = decodeAll(batch.messages);
  await Promise.all([handleItems(items, deps), keepUnreadable(unreadable, deps)]);
}

async function handleItems(items: readonly Item[], deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const { env } = deps;
  const claim = crypto.randomUUID();

  const askedAt = Date.now();
  const claimed = await callLedger(env, (ledger) => ledger.claim(claim, items.map(requestOf)));
  if (!claimed.ok) return sendBack(items, claimed.failure, deps);
  const tooLate = Date.now() - askedAt > LATEST_START_MS;
  if (tooLate) return sendBack(items, 'the claims came back too late to be used', deps);

  const endings = await Promise.all(items.map((item, index) => run(item, claimed.value[index], deps)));

  const reports = endings.flatMap((ending) => (ending.kind === 'ran' ? [ending.report] : []));
  const settled = reports.length > 0 ? await callLedger(env, (ledger) => ledger.settle(claim, reports)) : undefined;

  const dead: DeadEvent[] = [];
  for (const [index, item] of items.entries()) {
    const ending = endings[index];
    if (ending?.kind !== 'ran') finish(item, ending, true, deps);
    // What succeeded but could not be recorded runs again once its lease is over: a repetition, never a loss.
    else if (!settled?.ok) sendBack([item], settled?.failure ?? 'not settled', deps);
    else {
      const counts = settled.value[reports.indexOf(ending.report)] === true;
      finish(item, ending, counts, deps);
      if (counts && ending.reason) dead.push(deadEventOf(item, ending.reason, ending.report.error));
    }
  }
  await tellOfDead(dead, deps);
}

function deadEventOf({ sent }: Item, reason: string, error = ''): DeadEvent {
  const { id, type, endpoint } = sent.event;
  return { id, type, endpoint, reason, error };
}

function decodeAll(messages: readonly Message[]): { items: Item[]; unreadable: Unreadable[] } {
  const items: Item[] = [];
  const unreadable: Unreadable[] = [];
  for (const message of messages) {
    const decoded = decodeMessage(message.body);
    if (!decoded.ok) unreadable.push({ message, reason: decoded.failure });
    else if (decoded.value.kind !== 'event') unreadable.push({ message, reason: 'message_of_wrong_kind' });
    else items.push({ message, sent: decoded.value });
  }
  return { items, unreadable };
}

function requestOf({ message, sent }: Item): ClaimRequest {
  const { id, type, endpoint } = sent.event;
  const { receivedAt } = sent;
  return { messageId: message.id, id, type, endpoint, receivedAt, event: JSON.stringify(sent.event) };
}

async function run(item: Item, answer: ClaimAnswer | undefined, deps: ConsumerDeps): Promise<Ending> {
  if (answer?.kind !== 'run') return answer ?? { kind: 'unanswered' };
  const outcome = await runHandler(deps.handlers, {
    event: item.sent.event,
    attempt: answer.attempt,
    steps: answer.steps,
    env: deps.env,
    log: deps.log,
    ...(deps.handlerTimeoutMs !== undefined && { timeoutMs: deps.handlerTimeoutMs }),
  });
  return endingOf(item, answer, outcome, deps.random());
}
