// One simulated deployment: the real edge, consumer and ledger on a modelled platform, and the
// accounts that say whether the promises hold.
import type { Env } from '../../src/env.ts';
import { openLedger } from '../../src/ledger/client.ts';
import type { BuryAnswer } from '../../src/ledger/protocol.ts';
import { MAX_RETRIES } from '../../src/limits.ts';
import { encodeMessage } from '../../src/queue/message.ts';
import { Accounts } from './accounts.ts';
import { asNewer, asOurs, eventIn, isNewer, type Key, markedBy, replayDead, replayOne, stored } from './adapter.ts';
import type { Choices } from './choices.ts';
import { Consumers } from './consumers.ts';
import type { Temper } from './model-handlers.ts';
import { ModelKv } from './model-kv.ts';
import { ModelObject } from './model-object.ts';
import { ModelProvider } from './model-provider.ts';
import { ModelQueue } from './model-queue.ts';
import { type Actor, Platform } from './platform.ts';
import type { Storage } from './sqlite.ts';
import type { VirtualTime } from './virtual-time.ts';

export class Violation extends Error {}

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
  readonly accounts: Accounts;
  readonly consumers: Consumers;
  readonly temper: Temper = { calm: false, killers: new Set(), durations: [0, 0, 10, 1_000, 29_000] };
  /** The version of the messages that this code writes. */
  #version = 1;

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
    this.accounts = new Accounts(this.platform, storage);
    this.consumers = new Consumers(this);

    this.provider.onCrash = (error) => this.accounts.violate(`the edge crashed: ${error.stack}`);
    this.provider.isMarked = (key) => this.kv.mayHold((kvKey) => markedBy(kvKey) === key);
    this.events.onTaken = (body) => this.accounts.taken.add(eventIn(body));
    for (const queue of [this.events, this.deadLetters]) queue.onExpired = (body) => this.#expire(eventIn(body));
    this.kv.onPut = (kvKey) => {
      const key = markedBy(kvKey);
      if (key !== undefined && !this.accounts.taken.has(key)) {
        this.accounts.violate(`${key} marked as seen before the queue took it`);
      }
    };
    this.object.onBury = (messageIds) => this.#watchBurial(messageIds);
    this.object.onRing = () => this.#watchExpiry();
    this.object.onSettled = (actor, messageIds) => this.consumers.settled(actor, messageIds);
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

  /** Asks the ledger to replay one event, as the operator's page does. */
  replay(key: Key): void {
    this.#operate([key], async (ledger) => ((await replayOne(ledger, key)) ? [key] : []));
  }

  /** Asks the ledger to replay whatever is dead. */
  replayMany(): void {
    this.#operate([...this.accounts.taken], replayDead);
  }

  #operate(asked: readonly Key[], ask: (ledger: ReturnType<typeof openLedger>) => Promise<Key[]>): void {
    const actor = this.platform.actor(`operator (${asked.join(' ')})`);
    const { runs, replayAsked, replayed } = this.accounts;
    const before = new Map(runs);
    for (const key of asked) replayAsked.add(key);
    ask(openLedger({ LEDGER: this.object.bind(actor) })).then(
      (promised) => {
        this.platform.note(`${actor.name} is promised ${promised.join(' ') || 'nothing'}`);
        for (const key of promised) replayed.set(key, before.get(key) ?? 0);
      },
      () => this.platform.note(`${actor.name} is told nothing`),
    );
  }

  /**
   * A newer Worker beside this one accepts an event, and puts it into the queue that both consume.
   */
  acceptAsNewer(id: string): void {
    const told = this.provider.toldOf(id);
    const event = {
      id,
      type: 'outbid',
      endpoint: 'default',
      dialect: 'notification',
      created: '',
      data: { body: 'newer' },
    };
    const message = encodeMessage({ kind: 'event', event, receivedAt: this.time.now } as never);
    if (!message.ok) throw new Error(message.failure);
    this.#version = (JSON.parse(message.value) as { version: number }).version;
    Object.assign(told, { accepted: true, fresh: true });
    this.events.take(asNewer(message.value), 0);
  }

  /** The newer Worker has replaced this one everywhere: what it wrote can be read. */
  finishRollout(): void {
    for (const queue of [this.events, this.deadLetters]) {
      queue.messages = queue.messages.map((message) =>
        isNewer(message.body) ? { ...message, body: asOurs(message.body, this.#version) } : message,
      );
    }
  }

  /**
   * Somebody looks at a list, or a deploy has started the object anew: either must wake a watchdog
   * that has stopped.
   */
  async touchObject(): Promise<void> {
    const restarts = this.choices.chance(50);
    this.platform.note(restarts ? 'the object starts anew' : 'somebody looks at a list');
    if (restarts) this.object.restart();
    const ledger = openLedger({ LEDGER: this.object.bind(this.platform.actor('visitor')) });
    void ledger.list({}, null, 10).catch(() => {});
  }

  /**
   * A message has outlived the queue's retention. Where the ledger had not met its event, that was
   * all there was of it.
   */
  #expire(key: Key): void {
    const status = stored(this.storage, key)?.status;
    if (status === undefined || status === 'quarantined') this.accounts.expired.add(key);
  }

  /** Nobody's message may end what another one holds and still has tries for. */
  #watchBurial(messageIds: readonly string[]): (answers: readonly BuryAnswer[]) => void {
    // Before it takes effect: whoever buries an event holds it from then on.
    const holders = messageIds.map((id) => stored(this.storage, this.consumers.eventOf(id) ?? '')?.holder);
    return (answers) => {
      for (const [index, id] of messageIds.entries()) {
        const holder = holders[index];
        const waits = holder !== id && this.events.messages.some((message) => message.id === holder);
        if (answers[index]?.kind !== 'dead' || !waits) continue;
        this.accounts.violate(`${this.consumers.eventOf(id)} was buried while the message that holds it had tries`);
      }
    };
  }

  #isQueued(key: Key): boolean {
    return [this.events, this.deadLetters].some(({ messages }) => messages.some(({ body }) => eventIn(body) === key));
  }

  /**
   * What the ledger forgets 30 days after it has ended is a new event from then on; what has not
   * ended it must keep.
   */
  #watchExpiry(): () => void {
    const { accounts, storage, provider } = this;
    const keys = [...new Set([...accounts.taken, ...provider.told.keys()])];
    const before = keys.map((key) => [key, stored(storage, key)?.status] as const);
    return () => {
      for (const [key, status] of before) {
        if (status === undefined || stored(storage, key) !== undefined) continue;
        if (status !== 'processed' && status !== 'dead' && status !== 'quarantined') {
          accounts.violate(`${key} was ${status} and has expired`);
        }
        accounts.forget(key);
        provider.forget(key, this.#isQueued(key));
      }
    };
  }
}
