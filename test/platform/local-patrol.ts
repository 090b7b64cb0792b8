// The host of the one Patrol: the real object on a storage in memory, whose alarms can be dropped
// and whose instance can die at any write. What is written together is written or not.
import type { Env } from '../../src/env.ts';
import { Patrol } from '../../src/patrol/patrol.ts';
import type { InstancesOptions } from '../../src/vast/instances.ts';

export class LocalPatrol {
  #kv = new Map<string, unknown>();
  #patrol: Patrol | undefined;
  /** Counts the instances: what a dead one would still write is not written. */
  #generation = 0;
  alarmAt: number | null = null;
  /** Writes, alarms included: each is billed as a row. */
  rowsWritten = 0;
  /** RPC calls and alarms. */
  requests = 0;
  /** After so many more writes the instance dies, before the next one. */
  diesAfter = Number.POSITIVE_INFINITY;
  readonly #env: Env;
  readonly #options: InstancesOptions;

  constructor(env: Env, options: InstancesOptions) {
    this.#env = env;
    this.#options = options;
  }

  readonly binding = {
    getByName: () => ({
      wake: () => this.#call((patrol) => patrol.wake()),
      memory: () => this.#call((patrol) => patrol.memory()),
    }),
  } as unknown as Env['PATROL'];

  async #call<Value>(method: (patrol: Patrol) => Value): Promise<Awaited<Value>> {
    this.requests += 1;
    return structuredClone(await method(this.running()));
  }

  /** Rings the alarm. @throws Error where the instance dies or the alarm fails. */
  async ring(): Promise<void> {
    this.requests += 1;
    this.alarmAt = null;
    await this.running().alarm();
  }

  /** As an eviction, a deploy or a crash does. */
  evict(): void {
    this.#patrol = undefined;
    this.#generation += 1;
    this.diesAfter = Number.POSITIVE_INFINITY;
  }

  running(): Patrol {
    const generation = this.#generation;
    const write = <Value>(work: () => Value): Value => {
      if (generation !== this.#generation) throw new Error('this instance is gone');
      if (this.diesAfter <= 0) {
        this.evict();
        throw new Error('the instance has died');
      }
      this.diesAfter -= 1;
      this.rowsWritten += 1;
      return work();
    };
    const storage = {
      kv: {
        get: (key: string) => structuredClone(this.#kv.get(key)),
        put: (key: string, value: unknown) => write(() => this.#kv.set(key, structuredClone(value))),
        delete: (key: string) => write(() => this.#kv.delete(key)),
        list: ({ prefix = '' } = {}) => {
          const keys = [...this.#kv.keys()].filter((key) => key.startsWith(prefix)).sort((a, b) => (a < b ? -1 : 1));
          return keys.map((key) => [key, structuredClone(this.#kv.get(key))]);
        },
      },
      transactionSync: <Value>(work: () => Value): Value => {
        const before = new Map(this.#kv);
        try {
          return work();
        } catch (error) {
          this.#kv = before;
          throw error;
        }
      },
      getAlarm: async () => this.alarmAt,
      setAlarm: async (at: number) => {
        write(() => {
          this.alarmAt = at;
        });
      },
    };
    const state = { storage, blockConcurrencyWhile: (work: () => Promise<unknown>) => work() };
    this.#patrol ??= new Patrol(state as unknown as DurableObjectState, this.#env, this.#options);
    return this.#patrol;
  }
}
