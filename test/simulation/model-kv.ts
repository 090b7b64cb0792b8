// Workers KV as documented: reads may be up to a minute old, absence is cached too, one write a
// second per key.
import { checkPut } from '../platform/limits.ts';
import type { Actor, Platform } from './platform.ts';

const STALE_MS = 60_000;

interface Version {
  readonly at: number;
  readonly value: string;
  readonly expiresAt: number;
}

export class ModelKv {
  readonly #platform: Platform;
  readonly #versions = new Map<string, Version[]>();
  /** Called when a write takes effect. */
  onPut: (key: string) => void = () => {};

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The namespace as one actor sees it. */
  bind(actor: Actor): KVNamespace {
    return {
      get: (key: string) => this.#platform.call(actor, 'kv', `kv.get ${key}`, () => this.#read(key)),
      put: (key: string, value: string, options: { expirationTtl: number }) =>
        this.#platform.call(actor, 'kv', `kv.put ${key}`, () => this.#write(key, value, options.expirationTtl)),
    } as unknown as KVNamespace;
  }

  /** Whether any place may still find one of the keys that `isMeant` picks. */
  mayHold(isMeant: (key: string) => boolean): boolean {
    const { now } = this.#platform.time;
    return [...this.#versions].some(
      ([key, versions]) => isMeant(key) && versions.some(({ expiresAt }) => expiresAt > now - STALE_MS),
    );
  }

  #read(key: string): string | null {
    const { choices, time } = this.#platform;
    const versions = this.#versions.get(key) ?? [];
    // Any state of the last minute may still be cached somewhere, "absent" included.
    const fresh = versions.findLastIndex((version) => version.at <= time.now);
    const oldest = versions.findLastIndex((version) => version.at <= time.now - STALE_MS);
    const chosen = versions[fresh - choices.below(fresh - oldest + 1)];
    return chosen && chosen.expiresAt > time.now ? chosen.value : null;
  }

  #write(key: string, value: string, expirationTtl: number): void {
    const { time } = this.#platform;
    const versions = this.#versions.get(key) ?? [];
    checkPut(key, expirationTtl, time.now - (versions.at(-1)?.at ?? Number.NEGATIVE_INFINITY));
    this.onPut(key);
    this.#versions.set(key, [...versions, { at: time.now, value, expiresAt: time.now + expirationTtl * 1_000 }]);
  }
}
