// The namespace of the one ledger: the real object on Node's SQLite, reached as over RPC, by
// copies.
import type { Env } from '../../src/env.ts';
import { EventLedger } from '../../src/ledger/event-ledger.ts';
import type { Storage } from '../simulation/sqlite.ts';

export class LocalObject {
  /** Calls that have reached the object, by RPC or alarm. */
  requests = 0;
  /** Alarms set: each is billed as a written row. */
  alarmsSet = 0;
  alarmAt: number | null = null;
  readonly #storage: Storage;
  readonly #env: Env;
  #ledger: EventLedger | undefined;

  constructor(storage: Storage, env: Env) {
    this.#storage = storage;
    this.#env = env;
  }

  readonly binding = { getByName: () => this.#stub } as unknown as Env['LEDGER'];

  readonly #stub = new Proxy(
    {},
    {
      get:
        (_, method: string) =>
        async (...args: unknown[]) => {
          this.requests += 1;
          const ledger = this.#running() as unknown as Record<string, (...all: unknown[]) => unknown>;
          const copies = structuredClone(args);
          return structuredClone(await ledger[method]?.(...copies));
        },
    },
  );

  /** Rings the alarm. */
  async ring(): Promise<void> {
    this.requests += 1;
    this.alarmAt = null;
    await this.#running().alarm();
  }

  /** Forgets what the instance has in memory, as an eviction does. */
  evict(): void {
    this.#ledger = undefined;
  }

  #running(): EventLedger {
    const storage = {
      sql: this.#storage.sql,
      transactionSync: this.#storage.transaction,
      getAlarm: async () => this.alarmAt,
      setAlarm: async (at: number) => {
        this.alarmsSet += 1;
        this.alarmAt = at;
      },
      deleteAlarm: async () => {
        this.alarmAt = null;
      },
    };
    const blockConcurrencyWhile = (work: () => Promise<unknown>) => work();
    this.#ledger ??= new EventLedger({ storage, blockConcurrencyWhile } as unknown as DurableObjectState, this.#env);
    return this.#ledger;
  }
}
