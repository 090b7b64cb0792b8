// A KV namespace in memory that refuses what the platform refuses, and counts what the platform
// bills.
import { checkKey, checkPut } from './limits.ts';

export class StrictKv {
  readonly entries = new Map<string, string>();
  readonly #writtenAt = new Map<string, number>();
  reads = 0;
  writes = 0;
  /** While set, every call fails. */
  out: boolean = false;

  binding = this.#bind();

  /** The namespace as another isolate sees it, which has sent nothing yet. */
  #bind(): KVNamespace {
    return {
      get: async (key: string) => this.#get(key),
      put: async (key: string, value: string, options: { expirationTtl: number }) => this.#put(key, value, options),
    } as unknown as KVNamespace;
  }

  /** What comes next meets an isolate that has sent nothing yet. */
  forgetIsolate(): void {
    this.binding = this.#bind();
  }

  #get(key: string): string | null {
    this.#checkOutage('GET');
    checkKey('GET', key);
    this.reads += 1;
    return this.entries.get(key) ?? null;
  }

  #put(key: string, value: string, { expirationTtl }: { expirationTtl: number }): void {
    this.#checkOutage('PUT');
    const now = Date.now();
    checkPut(key, expirationTtl, now - (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY));
    this.writes += 1;
    this.#writtenAt.set(key, now);
    this.entries.set(key, value);
  }

  /** As on the first day. */
  clear(): void {
    this.entries.clear();
    this.#writtenAt.clear();
    this.out = false;
  }

  #checkOutage(operation: string): void {
    if (this.out) throw new Error(`KV ${operation} failed: 500 Internal Server Error`);
  }
}
