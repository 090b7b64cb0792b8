// The host of the one Durable Object: RPC that can fail on either side of its effect, alarms,
// restarts that forget memory but not storage. The object itself is the real one.
import type { Env } from '../../src/env.ts';
import { EventLedger } from '../../src/ledger/event-ledger.ts';
import type { BuryAnswer } from '../../src/ledger/protocol.ts';
import type { Actor, Platform } from './platform.ts';
import type { Storage } from './sqlite.ts';

const METHODS = ['claim', 'settle', 'bury', 'quarantine', 'replay', 'replayMany', 'get', 'list', 'stats'] as const;
type Method = (typeof METHODS)[number];

/**
 * An alarm that throws rings again this often, the pause doubling, and is then dropped for good.
 */
const ALARM_RETRIES = 6;
const ALARM_RETRY_MS = 2_000;

export class ModelObject {
  readonly #platform: Platform;
  readonly #storage: Storage;
  readonly #envFor: (actor: Actor) => Env;
  #instance: { readonly ledger: EventLedger; readonly actor: Actor } | undefined;
  #alarmAt: number | null = null;
  /** Calls that the running instance has begun and not answered. */
  readonly #begun = new Set<(error: Error) => void>();
  #restarts = 0;
  /** Whether the last alarm was dropped because it failed too often. */
  alarmDropped = false;
  /** Told which messages a `settle` call has reported on, once it has taken effect. */
  onSettled: (actor: Actor, messageIds: readonly string[]) => void = () => {};
  /** Told before each round of the watchdog; what it returns is told after it. */
  onRing: () => () => void = () => () => {};
  /** Told which messages are about to be buried; what it returns is told what became of them. */
  onBury: (messageIds: readonly string[]) => (answers: readonly BuryAnswer[]) => void = () => () => {};

  constructor(platform: Platform, storage: Storage, envFor: (actor: Actor) => Env) {
    this.#platform = platform;
    this.#storage = storage;
    this.#envFor = envFor;
  }

  /** The namespace binding as one actor sees it. */
  bind(actor: Actor): Env['LEDGER'] {
    const stub =
      (method: Method) =>
      async (...args: unknown[]) =>
        this.#platform.call(actor, 'ledger', `ledger.${method} ${describe(args)}`, () =>
          this.#invoke(actor, method, args),
        );
    const stubs = Object.fromEntries(METHODS.map((method) => [method, stub(method)]));
    return { getByName: () => stubs } as unknown as Env['LEDGER'];
  }

  async #invoke(actor: Actor, method: Method, args: readonly unknown[]): Promise<unknown> {
    const { ledger, actor: self } = this.#running();
    const { promise: reset, reject } = Promise.withResolvers<never>();
    reset.catch(() => {});
    this.#begun.add(reject);
    try {
      const invoke = ledger[method] as (...all: readonly unknown[]) => unknown;
      // Across the RPC border everything is a copy.
      const list = args.findLast((arg) => Array.isArray(arg)) as { readonly messageId: string }[] | undefined;
      const messageIds = (list ?? []).map(({ messageId }) => messageId);
      const buried = method === 'bury' ? this.onBury(messageIds) : undefined;
      const answer = this.#platform.by(self, () => invoke.apply(ledger, structuredClone(args) as unknown[]));
      // Whether or not the caller hears of it.
      const effect = Promise.resolve(answer).then((answered) => {
        if (method === 'settle') this.onSettled(actor, messageIds);
        buried?.(answered as BuryAnswer[]);
        return answered;
      });
      return structuredClone(await Promise.race([effect, reset]));
    } finally {
      this.#begun.delete(reject);
    }
  }

  /** A new instance on the old storage. What the old one had begun fails for its callers. */
  restart(): void {
    if (this.#instance) this.#platform.kill(this.#instance.actor);
    this.#instance = undefined;
    for (const reject of this.#begun) reject(new Error('the object was reset'));
  }

  get alarmIsSet(): boolean {
    return this.#alarmAt !== null;
  }

  #running(): { readonly ledger: EventLedger; readonly actor: Actor } {
    if (this.#instance) return this.#instance;
    this.#restarts += 1;
    const actor = this.#platform.actor(`object ${this.#restarts}`);
    // Timers of an instance that is gone may still fire here; what they would write must not be
    // written.
    const alive = () => {
      if (!actor.alive) throw new Error('this instance is gone');
    };
    const { sql, transaction } = this.#storage;
    const storage = {
      sql: {
        exec: ((...args) => {
          alive();
          if (!/^\s*(SELECT|CREATE TABLE IF)/i.test(args[0])) this.#checkSpace();
          return sql.exec(...args);
        }) as typeof sql.exec,
      },
      transactionSync: ((work) => {
        alive();
        return transaction(work);
      }) as typeof transaction,
      getAlarm: async () => this.#alarmAt,
      setAlarm: async (at: number) => {
        alive();
        this.#checkSpace();
        this.#setAlarm(at, 0);
      },
      deleteAlarm: async () => {
        this.#alarmAt = null;
      },
    };
    // What a constructor waits for under `blockConcurrencyWhile` holds up the first call.
    const state = { storage, blockConcurrencyWhile: (work: () => Promise<unknown>) => work(), waitUntil: () => {} };
    const env = this.#envFor(actor);
    const ledger = this.#platform.by(actor, () => new EventLedger(state as unknown as DurableObjectState, env));
    this.#instance = { ledger, actor };
    return this.#instance;
  }

  /** @throws Error while the storage is full. */
  #checkSpace(): void {
    if (this.#platform.out.has('storage')) throw new Error('database or disk is full: SQLITE_FULL');
  }

  #setAlarm(at: number, failures: number): void {
    this.#alarmAt = at;
    this.alarmDropped = false;
    this.#platform.time.at(at, () => {
      if (this.#alarmAt === at) void this.#ring(failures);
    });
  }

  async #ring(failures: number): Promise<void> {
    this.#platform.note(`alarm${failures > 0 ? `, retry ${failures}` : ''}`);
    this.#alarmAt = null;
    const rung = this.onRing();
    try {
      if (this.#platform.out.has('ledger')) throw new Error('the object cannot be reached');
      const { ledger, actor } = this.#running();
      await this.#platform.by(actor, () => ledger.alarm());
    } catch (error) {
      this.#platform.note(`the alarm throws ${(error as Error).message}`);
      // A guess: an alarm that was set before the failure takes the place of the retry.
      if (this.#alarmAt !== null) return;
      if (failures < ALARM_RETRIES) {
        return this.#setAlarm(this.#platform.time.now + ALARM_RETRY_MS * 2 ** failures, failures + 1);
      }
      this.alarmDropped = true;
      this.#platform.note('the alarm is DROPPED');
    } finally {
      rung();
    }
  }
}

function describe(args: readonly unknown[]): string {
  const items = args.find((arg) => Array.isArray(arg)) ?? [];
  return (items as unknown[])
    .map((item) => {
      if (typeof item === 'string') return item;
      const { id, outcome } = item as { id: string; outcome?: string };
      return outcome ? `${id}=${outcome}` : id;
    })
    .join(' ');
}
