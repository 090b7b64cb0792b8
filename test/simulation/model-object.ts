// The host of the one Durable Object: RPC that can fail on either side of its effect, alarms, restarts that forget memory
// but not storage. The object itself is the real one.
import type { Env } from '../../src/env.ts';
import { EventLedger } from '../../src/ledger/event-ledger.ts';
import type { BuryAnswer, BuryRequest, Report } from '../../src/ledger/protocol.ts';
import type { Actor, Platform } from './platform.ts';
import type { Storage } from './sqlite.ts';

type Method = 'claim' | 'settle' | 'bury' | 'quarantine' | 'replay' | 'get';

export class ModelObject {
  readonly #platform: Platform;
  readonly #storage: Storage;
  readonly #envFor: (actor: Actor) => Env;
  #instance: { readonly ledger: EventLedger; readonly actor: Actor } | undefined;
  #alarmAt: number | null = null;
  /** Calls that the running instance has begun and not answered. */
  readonly #begun = new Set<(error: Error) => void>();
  #restarts = 0;
  /** Told which runs a `settle` call has reported, once it has taken effect. */
  onSettled: (actor: Actor, reports: readonly Report[]) => void = () => {};
  /** Told which event has just been declared dead because its message was exhausted. */
  onBuried: (id: string) => void = () => {};

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
    const methods: Method[] = ['claim', 'settle', 'bury', 'quarantine', 'replay', 'get'];
    const stubs = Object.fromEntries(methods.map((method) => [method, stub(method)]));
    return { getByName: () => stubs } as unknown as Env['LEDGER'];
  }

  async #invoke(actor: Actor, method: Method, args: readonly unknown[]): Promise<unknown> {
    const { ledger } = this.#running();
    const { promise: reset, reject } = Promise.withResolvers<never>();
    reset.catch(() => {});
    this.#begun.add(reject);
    try {
      const invoke = ledger[method] as (...all: readonly unknown[]) => unknown;
      // Across the RPC border everything is a copy.
      const effect = Promise.resolve(invoke.apply(ledger, structuredClone(args) as unknown[])).then((answer) => {
        if (method === 'settle') this.onSettled(actor, args[1] as readonly Report[]);
        if (method === 'bury') {
          for (const [index, request] of (args[0] as readonly BuryRequest[]).entries()) {
            if ((answer as BuryAnswer[])[index]?.kind === 'dead') this.onBuried(request.id);
          }
        }
        return answer;
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

  #running(): { readonly ledger: EventLedger; readonly actor: Actor } {
    if (this.#instance) return this.#instance;
    this.#restarts += 1;
    const actor: Actor = { name: `object ${this.#restarts}`, alive: true };
    // Timers of an instance that is gone may still fire here; what they would write must not be written.
    const alive = () => {
      if (!actor.alive) throw new Error('this instance is gone');
    };
    const { sql, transaction } = this.#storage;
    const storage = {
      sql: {
        exec: ((...args) => {
          alive();
          return sql.exec(...args);
        }) as typeof sql.exec,
      },
      transactionSync: ((work) => {
        alive();
        return transaction(work);
      }) as typeof transaction,
      getAlarm: async () => this.#alarmAt,
      setAlarm: async (at: number) => this.#setAlarm(at),
      deleteAlarm: async () => {
        this.#alarmAt = null;
      },
    };
    const blockConcurrencyWhile = (work: () => Promise<unknown>) => work();
    const ledger = new EventLedger(
      { storage, blockConcurrencyWhile } as unknown as DurableObjectState,
      this.#envFor(actor),
    );
    this.#instance = { ledger, actor };
    return this.#instance;
  }

  #setAlarm(at: number): void {
    this.#alarmAt = at;
    this.#platform.time.at(at, () => {
      if (this.#alarmAt === at) void this.#ring();
    });
  }

  async #ring(): Promise<void> {
    if (this.#platform.out.has('ledger')) return this.#setAlarm(this.#platform.time.now + 30_000);
    this.#platform.note('alarm');
    this.#alarmAt = null;
    await this.#running().ledger.alarm();
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
