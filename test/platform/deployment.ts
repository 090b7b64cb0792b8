// A whole deployment inside one Node process: the app, the consumers and the ledger that ship, on
// bindings that are as strict as the platform's.
import { app } from '../../src/app.ts';
import { handleBatch } from '../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../src/consumer/dead-letters.ts';
import type { Handlers } from '../../src/consumer/define-handlers.ts';
import type { Env, Secrets } from '../../src/env.ts';
import { openStorage, type Storage } from '../simulation/sqlite.ts';
import { checkDelay } from './limits.ts';
import { LocalObject } from './local-object.ts';
import type { Runtime } from './runtime.ts';
import { StrictKv } from './strict-kv.ts';
import { StrictQueue } from './strict-queue.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: unknown;
  /** Deliveries, this one included. */
  readonly attempts: number;
}

/** What a consumer has said about a message: the first word counts. */
export type Verdict = { readonly kind: 'ack' } | { readonly kind: 'retry'; readonly delaySeconds: number };

export class Deployment {
  readonly kv = new StrictKv();
  readonly events = new StrictQueue();
  readonly deadLetters = new StrictQueue();
  readonly storage: Storage;
  readonly object: LocalObject;
  readonly env: Env;
  readonly #runtime: Runtime;

  constructor(runtime: Runtime, secrets: Secrets, storage: Storage = openStorage()) {
    this.#runtime = runtime;
    this.storage = storage;
    const env = {
      ...secrets,
      SEEN: this.kv.binding,
      EVENTS: this.events.binding,
      DEAD_LETTERS: this.deadLetters.binding,
    } as unknown as Env;
    this.object = new LocalObject(storage, env);
    this.env = Object.assign(env, { LEDGER: this.object.binding });
  }

  /** The next request meets an isolate that remembers nothing. */
  newIsolate(): void {
    this.kv.forgetIsolate();
    this.env.SEEN = this.kv.binding;
  }

  /** Answers a request and waits for what it has left to do. */
  async fetch(request: Request): Promise<Response> {
    const left: Promise<unknown>[] = [];
    const context = {
      waitUntil: (work: Promise<unknown>) => left.push(work),
      passThroughOnException: () => {},
      props: {},
    };
    const response = await this.#runtime.finish(app.fetch(request, this.env, context as unknown as ExecutionContext));
    await this.#runtime.finish(Promise.all(left));
    return response;
  }

  /**
   * Delivers a batch to a consumer.
   *
   * @returns One verdict per message, in order; undefined where nothing was said.
   * @throws Whatever the consumer throws.
   */
  async consume(
    queue: 'events' | 'dead-letters',
    batch: readonly QueuedMessage[],
    handlers: Handlers,
  ): Promise<(Verdict | undefined)[]> {
    const verdicts: (Verdict | undefined)[] = batch.map(() => undefined);
    const messages = batch.map((message, index) => ({
      ...message,
      timestamp: new Date(this.#runtime.time.now),
      ack: () => {
        verdicts[index] ??= { kind: 'ack' };
      },
      retry: ({ delaySeconds = 0 } = {}) => {
        checkDelay(delaySeconds);
        verdicts[index] ??= { kind: 'retry', delaySeconds };
      },
    }));
    const deps = { env: this.env, handlers, random: () => 0.5 };
    const given = { queue: `vastai-${queue}`, messages } as unknown as MessageBatch;
    await this.#runtime.finish(queue === 'events' ? handleBatch(given, deps) : handleDeadLetters(given, deps));
    return verdicts;
  }

  /** As on the first day. */
  reset(): void {
    this.kv.clear();
    this.newIsolate();
    this.events.out = false;
    this.deadLetters.out = false;
    this.events.drain();
    this.deadLetters.drain();
    this.storage.clear();
    this.object.evict();
    this.object.alarmAt = null;
    this.#runtime.time.reset();
  }
}
