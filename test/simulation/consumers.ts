// The consumer invocations of a simulated deployment: started, listened to, killed, and judged when
// they end.
import { handleBatch } from '../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../src/consumer/dead-letters.ts';
import type { Env } from '../../src/env.ts';
import { openLedger } from '../../src/ledger/client.ts';
import { LEDGER_TIMEOUT_MS } from '../../src/limits.ts';
import { Unreported } from './accounts.ts';
import { eventIn, isNewer, type Key, keyOf, stored } from './adapter.ts';
import { type HandlerWatch, modelHandlers } from './model-handlers.ts';
import type { ModelQueue, QueuedMessage, Verdict, Verdicts } from './model-queue.ts';
import type { Actor } from './platform.ts';
import type { World } from './world.ts';

/** A consumer invocation in progress. */
export interface Invocation extends Actor {
  readonly queue: ModelQueue;
  readonly delivered: readonly QueuedMessage[];
  readonly verdicts: Verdicts;
  readonly unreported: Unreported;
  /** Messages whose last claim was answered "duplicate". */
  readonly duplicates: Set<string>;
  /** The same, where the answer came at the last moment. */
  readonly perhapsDuplicates: Set<string>;
}

export class Consumers {
  readonly running = new Set<Invocation>();
  readonly #world: World;
  /** The event of every message that was ever delivered. */
  readonly #events = new Map<string, Key>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  eventOf(messageId: string): Key | undefined {
    return this.#events.get(messageId);
  }

  /** Starts a consumer on what is visible in a queue. */
  start(queue: ModelQueue): void {
    const { platform, temper, events, accounts } = this.#world;
    const delivered = queue.deliver();
    if (delivered.length === 0) return;
    for (const { message } of delivered) this.#events.set(message.id, eventIn(message.body));
    this.#count += 1;
    const invocation: Invocation = {
      ...platform.actor(`consumer ${this.#count}`),
      queue,
      delivered: delivered.map(({ message }) => message),
      verdicts: new Map(),
      unreported: new Unreported(),
      duplicates: new Set(),
      perhapsDuplicates: new Set(),
    };
    this.running.add(invocation);
    platform.note(`${invocation.name} gets ${delivered.map(({ message }) => message.id).join(' ')}`);
    // Of several words about one message the platform hears the first.
    const say = (id: string, verdict: Verdict) => {
      if (!invocation.verdicts.has(id)) invocation.verdicts.set(id, verdict);
    };
    const messages = delivered.map(({ message, attempts }) => ({
      id: message.id,
      body: message.body,
      attempts,
      timestamp: new Date(message.sentAt),
      ack: () => say(message.id, { kind: 'ack' }),
      retry: ({ delaySeconds = 0 } = {}) => say(message.id, { kind: 'retry', delayMs: delaySeconds * 1_000 }),
    }));
    const batch = { queue: queue.name, messages } as unknown as MessageBatch;
    const handlers = modelHandlers(platform, invocation, this.#watch(invocation), temper);
    // Between its acks and its end: a consumer that dies here has spoken already.
    const dead = async (events: readonly { endpoint: string; id: string }[]) => {
      const tell = (key: Key) =>
        platform.call(invocation, 'world', `tells that ${key} is dead`, () => accounts.told(key));
      await Promise.all(events.map((event) => tell(keyOf(event))));
    };
    const notices = { dead, quarantined: () => undefined, manyQuarantined: () => undefined };
    const deps = { env: this.#listen(invocation), handlers, notices, random: () => 0.5 };
    platform
      .by(invocation, () => (queue === events ? handleBatch(batch, deps) : handleDeadLetters(batch, deps)))
      .then(
        () => this.#end(invocation),
        (error: Error) => this.#end(invocation, error),
      );
  }

  /** Kills a consumer. What it had acknowledged may count or not; the rest comes back. */
  kill(invocation: Invocation): void {
    const { platform, time, accounts, choices } = this.#world;
    if (!invocation.alive) return;
    platform.kill(invocation);
    accounts.excuse(invocation.unreported, (key) => invocation.unreported.isExcused(key, time.now));
    this.running.delete(invocation);
    const verdicts = choices.chance(50) ? invocation.verdicts : new Map();
    invocation.queue.conclude(invocation.delivered, verdicts);
  }

  /** A settle call has taken effect. */
  settled(actor: Actor, messageIds: readonly string[]): void {
    for (const invocation of this.running) {
      if (invocation !== actor) continue;
      for (const id of messageIds) invocation.unreported.forget(this.eventOf(id) ?? '');
    }
  }

  #end(invocation: Invocation, error?: Error): void {
    const { platform, accounts, storage } = this.#world;
    if (!invocation.alive) return;
    platform.note(`${invocation.name} ends${error ? ` with ${error.message}` : ''}`);
    if (error) accounts.violate(`${invocation.name} threw: ${error.stack}`);
    for (const message of invocation.delivered) {
      const verdict = invocation.verdicts.get(message.id);
      if (!verdict) {
        accounts.violate(`${invocation.name} said nothing about ${message.id}`);
        continue;
      }
      const { duplicates, perhapsDuplicates, unreported } = invocation;
      if (duplicates.has(message.id) && verdict.kind !== 'ack') {
        accounts.violate(`${message.id} is a duplicate and was sent back`);
      }
      if (verdict.kind !== 'ack') continue;
      const key = eventIn(message.body);
      if (isNewer(message.body)) accounts.violate(`${key} is of a newer version and was thrown away`);
      if (stored(storage, key) === undefined && !this.#inSomeQueue(key, message)) {
        accounts.violate(`${key} was acknowledged and is nowhere`);
      }
      const isCopy = duplicates.has(message.id) || perhapsDuplicates.has(message.id);
      if (unreported.keys.has(key) && !isCopy) {
        accounts.violate(`${message.id} was acknowledged before the ledger knew that it succeeded`);
      }
    }
    accounts.excuse(invocation.unreported, (key) => this.#wasAsked(invocation, key));
    this.running.delete(invocation);
    invocation.queue.conclude(invocation.delivered, invocation.verdicts);
  }

  #inSomeQueue(key: Key, except: QueuedMessage): boolean {
    const { events, deadLetters } = this.#world;
    const holds = (message: QueuedMessage) => message !== except && eventIn(message.body) === key;
    return events.messages.some(holds) || deadLetters.messages.some(holds);
  }

  /** Whether the ledger was asked to note a success, within the moment. */
  #wasAsked({ unreported }: Invocation, key: string): boolean {
    const event = key.split('/')[0] ?? key;
    return unreported.askedAt.has(event) && unreported.isExcused(key, this.#world.time.now);
  }

  /**
   * The bindings of a consumer, with an ear on what it asks the ledger and on what its claims are
   * answered.
   */
  #listen(invocation: Invocation): Env {
    const { time } = this.#world;
    const env = this.#world.envFor(invocation);
    const listening = () => {
      const stub = openLedger(env);
      return {
        ...stub,
        settle: (...args: Parameters<typeof stub.settle>) => {
          for (const { messageId } of args[1]) {
            const key = this.eventOf(messageId) ?? '';
            if (!invocation.unreported.askedAt.has(key)) invocation.unreported.askedAt.set(key, time.now);
          }
          return stub.settle(...args);
        },
        claim: async (...args: Parameters<typeof stub.claim>) => {
          const askedAt = time.now;
          const answers = await stub.claim(...args);
          // An answer at the very end of the consumer's patience may be heard or not; a later one
          // is not.
          const elapsed = time.now - askedAt;
          for (const [index, request] of args[1].entries()) {
            if (answers[index]?.kind !== 'duplicate') continue;
            if (elapsed < LEDGER_TIMEOUT_MS) invocation.duplicates.add(request.messageId);
            else if (elapsed === LEDGER_TIMEOUT_MS) invocation.perhapsDuplicates.add(request.messageId);
          }
          return answers;
        },
      };
    };
    return { ...env, LEDGER: { getByName: listening } as unknown as Env['LEDGER'] };
  }

  #watch(invocation: Invocation): HandlerWatch {
    const { accounts, provider, time } = this.#world;
    const { unreported } = invocation;
    const succeeded = (key: string) => {
      unreported.keys.add(key);
      const hidden = [...this.running].filter((each) => each.unreported.keys.has(key) && this.#wasAsked(each, key));
      accounts.succeeded(key, hidden.length);
    };
    return {
      started: (key, body) => {
        unreported.endedAt.delete(key);
        unreported.askedAt.delete(key);
        accounts.started(key, body);
        if (!provider.told.get(key)?.fresh && !accounts.replayAsked.has(key)) {
          accounts.violate(`${key} ran although every delivery of it was refused`);
        }
      },
      succeeded,
      stepSucceeded: (key, step) => succeeded(`${key}/${step}`),
      ended: (key) => unreported.endedAt.set(key, time.now),
      kills: () => this.kill(invocation),
    };
  }
}
