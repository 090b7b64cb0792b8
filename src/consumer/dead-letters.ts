// The consumer of the dead-letter queue. Acknowledging a letter destroys it, so that happens only once the ledger has it;
// until then it stays in the queue.
import { callLedger } from '../ledger/client.ts';
import type { BuryAnswer, QuarantineRequest } from '../ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS } from '../limits.ts';
import { enqueue } from '../queue/enqueue.ts';
import { decodeMessage, encodeMessage, type RefusedMessage } from '../queue/message.ts';
import { busyDelaySeconds } from './acknowledge.ts';
import type { ConsumerDeps, Item } from './deps.ts';
import { tellOfDead } from './tell-of-dead.ts';
import { keepUnreadable, type Unreadable } from './unreadable.ts';

interface RefusedItem {
  readonly message: Message;
  readonly letter: RefusedMessage;
}

/** Handles a batch of the dead-letter queue: refused deliveries, and messages that have used up their tries. */
export async function handleDeadLetters(batch: MessageBatch, deps: ConsumerDeps): Promise<void> {
  const refused: RefusedItem[] = [];
  const exhausted: Item[] = [];
  const unreadable: Unreadable[] = [];
  for (const message of batch.messages) {
    const decoded = decodeMessage(message.body);
    if (!decoded.ok) unreadable.push({ message, reason: decoded.failure });
    else if (decoded.value.kind === 'refused') refused.push({ message, letter: decoded.value });
    else exhausted.push({ message, sent: decoded.value });
  }
  await Promise.all([keepRefused(refused, deps), buryExhausted(exhausted, deps), keepUnreadable(unreadable, deps)]);
}

async function keepRefused(items: readonly RefusedItem[], deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const kept = await callLedger(deps.env, (ledger) =>
    ledger.quarantine(items.map(({ letter }) => quarantineOf(letter))),
  );
  for (const { message, letter } of items) {
    if (kept.ok) message.ack();
    else comeBack(message, letter.id, kept.failure, deps);
  }
}

async function buryExhausted(items: readonly Item[], deps: ConsumerDeps): Promise<void> {
  if (items.length === 0) return;
  const requests = items.map(({ message, sent }) => ({ messageId: message.id, id: sent.event.id }));
  const buried = await callLedger(deps.env, (ledger) => ledger.bury(requests));
  await Promise.all(
    items.map((item, index) => {
      const answer = buried.ok ? buried.value[index] : undefined;
      const error = buried.ok ? 'the ledger gave no answer' : buried.failure;
      return answer ? conclude(item, answer, deps) : comeBack(item.message, item.sent.event.id, error, deps);
    }),
  );
}

async function conclude(item: Item, answer: BuryAnswer, deps: ConsumerDeps): Promise<void> {
  const { message, sent } = item;
  const { id, type, endpoint } = sent.event;
  const about = { id, type, endpoint };
  switch (answer.kind) {
    case 'dead': {
      const { attempts, error } = answer;
      deps.log('event.dead', { ...about, attempt: attempts, reason: 'retries_exhausted', error }, 'error');
      message.ack();
      return tellOfDead([{ ...about, reason: 'retries_exhausted', error }], deps);
    }
    case 'requeue': {
      // Its tries went by while the ledger was out: no handler has seen it yet.
      const encoded = encodeMessage(sent);
      const requeued = encoded.ok ? await enqueue(deps.env.EVENTS, encoded.value) : encoded;
      if (!requeued.ok) return comeBack(message, id, 'could not be put back into the main queue', deps);
      deps.log('event.requeued', about, 'warn');
      return message.ack();
    }
    case 'busy':
      return message.retry({ delaySeconds: busyDelaySeconds(answer.until, deps.random()) });
    case 'drop':
      deps.log('event.duplicate', about);
      return message.ack();
  }
}

function comeBack(message: Message, id: string, error: string, deps: ConsumerDeps): void {
  deps.log('event.deferred', { id, messageId: message.id, reason: 'dead_letter', error }, 'error');
  message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
}

function quarantineOf(letter: RefusedMessage): QuarantineRequest {
  const { id, endpoint, receivedAt, reason, headers, body, event } = letter;
  return {
    id,
    type: event?.type ?? 'unreadable',
    endpoint,
    receivedAt,
    event: event ? JSON.stringify(event) : null,
    refusal: JSON.stringify({ reason, headers, body }),
  };
}
