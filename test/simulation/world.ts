// One simulated deployment: the real edge, consumer and ledger on a modelled platform, and the accounts that say whether
// the promises hold.
import { handleBatch } from '../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../src/consumer/dead-letters.ts';
import type { Env } from '../../src/env.ts';
import { openLedger } from '../../src/ledger/client.ts';
import type { Status } from '../../src/ledger/status.ts';
import { LEDGER_TIMEOUT_MS, MAX_RETRIES } from '../../src/limits.ts';
import { type Message as Decoded, decodeMessage } from '../../src/queue/message.ts';
import type { Choices } from './choices.ts';
import { modelHandlers } from './model-handlers.ts';
import { ModelKv } from './model-kv.ts';
import { ModelObject } from './model-object.ts';
import { ModelProvider } from './model-provider.ts';
import { ModelQueue, type QueuedMessage, type Verdict, type Verdicts } from './model-queue.ts';
import { type Actor, Platform } from './platform.ts';
import type { Storage } from './sqlite.ts';
import type { VirtualTime } from './virtual-time.ts';

export class Violation extends Error {}

/** A consumer invocation in progress. */
export interface Invocation extends Actor {
  readonly queue: ModelQueue;
  readonly delivered: readonly QueuedMessage[];
  readonly verdicts: Verdicts;
  /** What succeeded here and has not been reported to the ledger: handlers by their event's id, steps by `id/step`. */
  readonly unreported: Set<string>;
  /** Whether a settle call of this invocation failed. */
  settleFailed: boolean;
  /** Messages whose last claim was answered "duplicate". */
  readonly duplicates: Set<string>;
  /** The same, where the answer came at the last moment. */
  readonly perhapsDuplicates: Set<string>;
}

export class World {
  readonly platform: Platform;
  readonly time: VirtualTime;
  readonly choices: Choices;
  readonly storage: Storage;
  readonly kv: ModelKv;
  readonly deadLetters: ModelQueue;
  readonly events: ModelQueue;
  readonly object: ModelObject;
  readonly provider: ModelProvider;
  readonly invocations = new Set<Invocation>();
  /** Ids whose event the queue has taken at least once. */
  readonly taken = new Set<string>();
  readonly runs = new Map<string, number>();
  readonly successes = new Map<string, number>();
  readonly stepSuccesses = new Map<string, number>();
  /** Successes beyond the first that the model itself has caused, by `id` or `id/step`. */
  readonly excuses = new Map<string, number>();
  /** Ids that an operator has asked to replay, whatever was answered: a send that seems to fail may happen all the same. */
  readonly replayAsked = new Set<string>();
  /** Ids whose replay was promised to an operator, and how many runs had begun before. */
  readonly replayed = new Map<string, number>();
  calm = false;
  /** Promises found broken. Kept, not thrown: the code under test would take a throw for a failure of its surroundings. */
  readonly violations: string[] = [];
  #invocationCount = 0;

  constructor(choices: Choices, time: VirtualTime, storage: Storage) {
    this.choices = choices;
    this.time = time;
    this.storage = storage;
    this.platform = new Platform(choices, time);
    this.kv = new ModelKv(this.platform);
    this.deadLetters = new ModelQueue(this.platform, 'dead-letters', 100);
    this.events = new ModelQueue(this.platform, 'events', MAX_RETRIES, this.deadLetters);
    this.object = new ModelObject(this.platform, storage, (actor) => this.envFor(actor));
    this.provider = new ModelProvider(this.platform, (actor) => this.envFor(actor));

    this.provider.onCrash = (error) => this.#violate(`the edge crashed: ${error.stack}`);
    this.events.onTaken = (body) => this.taken.add(eventIdOf(body));
    this.kv.onPut = (key) => {
      const id = key.startsWith('vastai:event:') ? key.slice('vastai:event:'.length) : undefined;
      if (id !== undefined && !this.taken.has(id)) this.#violate(`${id} marked as seen before the queue took it`);
    };
    this.platform.onFailure = (actor, label) => {
      const invocation = [...this.invocations].find((each) => each === actor);
      if (invocation && label.startsWith('ledger.settle')) invocation.settleFailed = true;
    };
    this.object.onBuried = (id) => {
      const query = 'SELECT holder FROM events WHERE id = ?';
      const holder = this.storage.sql.exec<{ holder: string }>(query, id).toArray()[0]?.holder;
      const waits = this.events.messages.some((message) => message.id === holder);
      if (waits) this.#violate(`${id} was buried while the message that holds it still had tries`);
    };
    this.object.onSettled = (actor, reports) => {
      const invocation = [...this.invocations].find((each) => each === actor);
      for (const { id } of reports) {
        for (const key of invocation?.unreported ?? []) {
          if (key === id || key.startsWith(`${id}/`)) invocation?.unreported.delete(key);
        }
      }
    };
  }

  /** The bindings as one actor sees them. */
  envFor(actor: Actor): Env {
    return {
      SEEN: this.kv.bind(actor),
      EVENTS: this.events.bind(actor),
      DEAD_LETTERS: this.deadLetters.bind(actor),
      LEDGER: this.object.bind(actor),
    } as Env;
  }

  /** Starts a consumer on what is visible in a queue. */
  consume(queue: ModelQueue): void {
    const delivered = queue.deliver();
    this.#invocationCount += 1;
    const invocation: Invocation = {
      name: `consumer ${this.#invocationCount}`,
      alive: true,
      queue,
      delivered: delivered.map(({ message }) => message),
      verdicts: new Map(),
      unreported: new Set(),
      settleFailed: false,
      duplicates: new Set(),
      perhapsDuplicates: new Set(),
    };
    this.invocations.add(invocation);
    this.platform.note(`${invocation.name} gets ${delivered.map(({ message }) => message.id).join(' ')}`);
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
    const handlers = modelHandlers(this.platform, invocation, this.#watch(invocation), () => this.calm);
    // Between its acks and its end: a consumer that dies here has spoken already.
    const tell = () => this.platform.call(invocation, 'world', 'tells of a dead event', () => {});
    const notices = { dead: tell, quarantined: tell, manyQuarantined: tell };
    const deps = { env: this.#watchClaims(invocation), handlers, notices, random: () => 0.5 };
    const handling = queue === this.events ? handleBatch(batch, deps) : handleDeadLetters(batch, deps);
    handling.then(
      () => this.#end(invocation),
      (error: Error) => this.#end(invocation, error),
    );
  }

  /** Kills a consumer. What it had acknowledged may count or not; the rest comes back. */
  killConsumer(invocation: Invocation): void {
    this.platform.kill(invocation);
    this.#excuse(invocation);
    this.invocations.delete(invocation);
    const verdicts = this.choices.chance(50) ? invocation.verdicts : new Map();
    invocation.queue.conclude(invocation.delivered, verdicts);
  }

  /** Asks the ledger to replay, as the operator's page does. */
  replay(id: string): void {
    const actor: Actor = { name: `operator (${id})`, alive: true };
    const stub = openLedger({ LEDGER: this.object.bind(actor) });
    const runsBefore = this.runs.get(id) ?? 0;
    this.replayAsked.add(id);
    stub.replay([id]).then(
      (answers) => {
        const [answer] = answers;
        this.platform.note(`${actor.name} is told ${answer?.kind}`);
        if (answer?.kind === 'queued') this.replayed.set(id, runsBefore);
      },
      () => this.platform.note(`${actor.name} is told nothing`),
    );
  }

  /** What the ledger says of an event, read past the platform. */
  statusOf(id: string): Status | undefined {
    const query = 'SELECT status FROM events WHERE id = ?';
    return this.storage.sql.exec<{ status: Status }>(query, id).toArray()[0]?.status;
  }

  #end(invocation: Invocation, error?: Error): void {
    if (!invocation.alive) return;
    const hangs = this.platform.calls.some(
      (call) => call.actor === invocation && call.label.startsWith('ledger.settle'),
    );
    if (hangs) invocation.settleFailed = true;
    this.platform.note(`${invocation.name} ends${error ? ` with ${error.message}` : ''}`);
    if (error) this.#violate(`${invocation.name} threw: ${error.stack}`);
    for (const message of invocation.delivered) {
      const verdict = invocation.verdicts.get(message.id);
      if (!verdict) {
        this.#violate(`${invocation.name} said nothing about ${message.id}`);
        continue;
      }
      if (invocation.duplicates.has(message.id) && verdict.kind !== 'ack') {
        this.#violate(`${message.id} is a duplicate and was sent back`);
      }
      const id = eventIdOf(message.body);
      const status = this.statusOf(id);
      if (verdict.kind === 'ack' && status === undefined && !this.#inSomeQueue(id, message)) {
        this.#violate(`${id} was acknowledged and is nowhere`);
      }
      const isCopy = invocation.duplicates.has(message.id) || invocation.perhapsDuplicates.has(message.id);
      if (verdict.kind === 'ack' && invocation.unreported.has(id) && !isCopy) {
        this.#violate(`${message.id} was acknowledged before the ledger knew that it succeeded`);
      }
    }
    this.#excuse(invocation);
    this.invocations.delete(invocation);
    invocation.queue.conclude(invocation.delivered, invocation.verdicts);
  }

  /** Replays that have taken effect: each opens a run of its own and permits one success more. */
  #replaysOf(id: string): number {
    const query = 'SELECT run FROM events WHERE id = ?';
    return (this.storage.sql.exec<{ run: number }>(query, id).toArray()[0]?.run ?? 1) - 1;
  }

  #violate(what: string): void {
    this.platform.note(`BROKEN: ${what}`);
    this.violations.push(what);
  }

  #inSomeQueue(id: string, except: QueuedMessage): boolean {
    const holds = (message: QueuedMessage) => message !== except && eventIdOf(message.body) === id;
    return this.events.messages.some(holds) || this.deadLetters.messages.some(holds);
  }

  /** A success whose report the model kept from the ledger may be repeated, once for each. */
  #excuse(invocation: Invocation): void {
    if (invocation.alive && !invocation.settleFailed) return;
    for (const key of invocation.unreported) this.excuses.set(key, (this.excuses.get(key) ?? 0) + 1);
  }

  /** The bindings of a consumer, with an ear on what its claims are answered. */
  #watchClaims(invocation: Invocation): Env {
    const env = this.envFor(invocation);
    const listening = () => {
      const stub = openLedger(env);
      return {
        ...stub,
        claim: async (...args: Parameters<typeof stub.claim>) => {
          const askedAt = this.time.now;
          const answers = await stub.claim(...args);
          // An answer at the very end of the consumer's patience may be heard or not; a later one is not.
          const elapsed = this.time.now - askedAt;
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

  #watch(invocation: Invocation) {
    return {
      started: (_actor: Actor, id: string) => {
        this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
        const told = this.provider.told.get(id);
        if (!told?.fresh && !this.replayAsked.has(id)) {
          this.#violate(`${id} ran although every delivery of it was refused`);
        }
      },
      succeeded: (_actor: Actor, id: string) => {
        invocation.unreported.add(id);
        this.#count(this.successes, id, 'succeeded');
      },
      stepSucceeded: (_actor: Actor, id: string, step: string) => {
        invocation.unreported.add(`${id}/${step}`);
        this.#count(this.stepSuccesses, `${id}/${step}`, `did step ${step}`);
      },
    };
  }

  /** @param key `id` of an event, or `id/step`. */
  #count(counts: Map<string, number>, key: string, what: string): void {
    const id = key.split('/')[0] ?? key;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const hidden = [...this.invocations].filter((each) => each.settleFailed && each.unreported.has(key)).length;
    const allowed = 1 + (this.excuses.get(key) ?? 0) + this.#replaysOf(id) + hidden;
    if (count > allowed) this.#violate(`${id} ${what} ${count} times where ${allowed} are explained`);
  }
}

function eventIdOf(body: string): string {
  const decoded = decodeMessage(body);
  if (!decoded.ok) throw new Violation(`a message cannot be read: ${decoded.failure}`);
  const message: Decoded = decoded.value;
  return message.kind === 'event' ? message.event.id : message.id;
}
