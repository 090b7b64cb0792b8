// The consumer of the dead-letter queue. Acknowledging a letter destroys it, so it stays in the
// queue until the ledger has it.

import type { DeadEvent } from '../event/news.ts';
import { askLedger } from '../ledger/client.ts';
import type { BuryAnswer, QuarantineAnswer, QuarantineRequest } from '../ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS } from '../limits.ts';
import { log } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { aboutOf, acknowledgeUngranted } from './acknowledge.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { type RefusedItem, sortMessages } from './sort-messages.ts';
import { tellOfDead, tellOfKept, tellOfManyKept } from './tell.ts';
import { keepUnreadable, sendBackNewer } from './unreadable.ts';

/** Handles a batch of the dead-letter queue: refused deliveries, and messages out of tries. */
export async function handleDeadLetters(batch: MessageBatch, deps: ConsumerDeps): Promise<void> {
  const { events, refused, unreadable, newer } = sortMessages(batch.messages);
  const invocation = {};
  sendBackNewer(newer, DEAD_LETTER_RETRY_SECONDS);
  await Promise.all([
    keepRefused(refused, invocation, deps),
    buryExhausted(events, invocation, deps),
    keepUnreadable(unreadable, invocation, deps),
  ]);
}

async function keepRefused(items: readonly RefusedItem[], invocation: object, deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const kept = await askLedger(deps.env, items, (ledger) => ledger.quarantine(items.map(quarantineOf)));
  if (!kept.ok) {
    for (const { message, letter } of items) comeBack(message, letter.id, kept.failure);
    return;
  }
  await Promise.all(kept.value.map(([item, answer]) => tellWhatIsKept(item, answer, invocation, deps)));
  // Only now: a consumer that stops before it has told is given the letters again.
  for (const { message } of items) message.ack();
}

async function tellWhatIsKept(item: RefusedItem, answer: QuarantineAnswer, invocation: object, deps: ConsumerDeps) {
  switch (answer.kind) {
    case 'tell': {
      const { id, endpoint, reason, receivedAt, ageSeconds, event } = item.letter;
      const type = event?.type ?? 'unreadable';
      return tellOfKept({ id, endpoint, type, reason, receivedAt, ageSeconds }, invocation, deps);
    }
    case 'tell_count':
      return tellOfManyKept(answer.count, invocation, deps);
    case 'known':
      return undefined;
  }
}

async function buryExhausted(items: readonly Item[], invocation: object, deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const requests = items.map(({ message, sent: { event } }) => {
    return { messageId: message.id, endpoint: event.endpoint, id: event.id };
  });
  const claim = crypto.randomUUID();
  const buried = await askLedger(deps.env, items, (ledger) => ledger.bury(requests, claim));
  if (!buried.ok) for (const { message, sent } of items) comeBack(message, sent.event.id, buried.failure);
  else {
    const dead = await Promise.all(buried.value.map(([item, answer]) => conclude(item, answer, deps)));
    await tellOfDead(dead.flat(), invocation, deps);
  }
}

async function conclude(item: Item, answer: BuryAnswer, deps: ConsumerDeps): Promise<DeadEvent[]> {
  if (answer.kind !== 'requeue') return acknowledgeUngranted(item, answer, deps);
  const { message, sent } = item;
  // Its tries went by while the ledger was out: no handler has seen it yet.
  const encoded = encodeMessage(sent);
  const requeued = encoded.ok ? await enqueue(deps.env.EVENTS, encoded.value) : encoded;
  if (!requeued.ok) {
    comeBack(message, sent.event.id, 'could not be put back into the main queue');
    return [];
  }
  log('event.requeued', aboutOf(item), 'warn');
  message.ack();
  return [];
}

function comeBack(message: Message, id: string, error: string): void {
  log('event.deferred', { id, messageId: message.id, reason: 'dead_letter', error }, 'error');
  message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
}

function quarantineOf({ message, letter }: RefusedItem): QuarantineRequest {
  const { id, endpoint, receivedAt, reason, headers, body, event } = letter;
  const kept = { event: event ? JSON.stringify(event) : null, refusal: JSON.stringify({ reason, headers, body }) };
  return { messageId: message.id, id, type: event?.type ?? 'unreadable', endpoint, receivedAt, ...kept };
}
