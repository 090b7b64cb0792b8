// A KV namespace in memory that refuses what the platform refuses, and counts what the platform bills.

const MAX_KEY_BYTES = 512;
const MIN_TTL_SECONDS = 60;

export class StrictKv {
  readonly entries = new Map<string, string>();
  reads = 0;
  writes = 0;
  /** While set, every call fails. */
  out: boolean = false;

  readonly binding = {
    get: async (key: string) => this.#get(key),
    put: async (key: string, value: string, options: { expirationTtl: number }) => this.#put(key, value, options),
  } as unknown as KVNamespace;

  #get(key: string): string | null {
    this.#check('GET', key);
    this.reads += 1;
    return this.entries.get(key) ?? null;
  }

  #put(key: string, value: string, { expirationTtl }: { expirationTtl: number }): void {
    this.#check('PUT', key);
    if (!(expirationTtl >= MIN_TTL_SECONDS)) throw new Error('KV PUT failed: 400 Invalid expiration_ttl');
    this.writes += 1;
    this.entries.set(key, value);
  }

  #check(operation: string, key: string): void {
    if (this.out) throw new Error(`KV ${operation} failed: 500 Internal Server Error`);
    if (key === '' || key === '.' || key === '..') throw new TypeError(`Key name cannot be "${key}".`);
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new Error(`KV ${operation} failed: 414 key too long`);
  }
}
