// Time and timers under the scheduler's control, and Web Crypto that answers in a microtask.
// Installed over the globals while a run lasts, so that the code under test is the code that ships.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly ring: () => void;
}

/** Where every run begins: a whole second, in milliseconds since the epoch. */
export const START = Date.UTC(2026, 0, 1);

export class VirtualTime {
  now = START;
  #timers: Timer[] = [];
  #lastId = 0;

  /** Rings at `at` (milliseconds since the epoch). Returns a handle to cancel it by. */
  at(at: number, ring: () => void): number {
    this.#lastId += 1;
    const timer = { id: this.#lastId, at: Math.max(at, this.now), ring };
    const later = this.#timers.findIndex((other) => other.at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer.id;
  }

  cancel(id: number | undefined): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  }

  get idle(): boolean {
    return this.#timers.length === 0;
  }

  /** Moves to the next timer and rings it. */
  advance(): void {
    const next = this.#timers.shift();
    if (!next) return;
    this.now = next.at;
    next.ring();
  }

  reset(): void {
    this.now = START;
    this.#timers = [];
    this.#lastId = 0;
  }
}

/** How far the clock of whoever runs is ahead, in milliseconds. */
export const clock = new AsyncLocalStorage<number>();

const realSetImmediate = globalThis.setImmediate;

/**
 * Resolves once the code under test has come to rest: everything that could run without the outside
 * has run.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}

/** Puts the virtual globals in place. Returns the function that puts the real ones back. */
export function install(time: VirtualTime): () => void {
  const real = {
    now: Date.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    subtle: Object.getOwnPropertyDescriptor(Object.getPrototypeOf(crypto), 'subtle'),
  };
  const { log, warn, error } = console;
  // Objects log what they send again; here the trace says it.
  Object.assign(console, { log: () => {}, warn: () => {}, error: () => {} });
  for (const [name, value] of Object.entries(newerBytes)) {
    if (!(name in Uint8Array.prototype))
      Object.defineProperty(Uint8Array.prototype, name, { value, configurable: true });
  }
  Date.now = () => time.now + (clock.getStore() ?? 0);
  // By the clock of whoever has set it; to carry one that does not differ would cost time.
  const carried = (ring: () => void) => (clock.getStore() === undefined ? ring : AsyncLocalStorage.bind(ring));
  globalThis.setTimeout = ((ring: () => void, ms = 0) => time.at(time.now + ms, carried(ring))) as never;
  globalThis.clearTimeout = ((id: number | undefined) => time.cancel(id)) as never;
  Object.defineProperty(crypto, 'subtle', { value: microtaskCrypto, configurable: true });
  return () => {
    Object.assign(console, { log, warn, error });
    Date.now = real.now;
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    delete (crypto as { subtle?: unknown }).subtle;
  };
}

/** What workerd's byte arrays can do and Node 24's cannot yet. */
export const newerBytes = {
  toBase64(this: Uint8Array) {
    return Buffer.from(this).toString('base64');
  },
  toHex(this: Uint8Array) {
    return Buffer.from(this).toString('hex');
  },
  /** Like the platform's, it refuses what is not hex rather than stopping short. */
  setFromHex(this: Uint8Array, digits: string) {
    if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new SyntaxError('not hex');
    const bytes = Buffer.from(digits, 'hex').subarray(0, this.byteLength);
    this.set(bytes);
    return { read: bytes.byteLength * 2, written: bytes.byteLength };
  },
};

/**
 * The same functions as Web Crypto, without its detour through a thread that no scheduler can see.
 */
export const microtaskCrypto = {
  importKey: async (_format: string, secret: Uint8Array) => secret,
  sign: async (_algorithm: unknown, key: Uint8Array, input: Uint8Array) => hmac(key, input),
  verify: async (_algorithm: unknown, key: Uint8Array, mac: Uint8Array, input: Uint8Array) =>
    timingSafeEqual(hmac(key, input), mac),
  digest: async (_algorithm: string, input: Uint8Array) => createHash('sha256').update(input).digest(),
};

/** MACs already computed: the signer's is the verifier's, and copies share one. */
const macs = new Map<string, Buffer>();
const MOST_MACS = 10_000;

export function hmac(key: Uint8Array, input: Uint8Array): Buffer {
  const name = `${Buffer.from(key).toString('latin1')} ${Buffer.from(input).toString('latin1')}`;
  const known = macs.get(name);
  if (known) return known;
  if (macs.size === MOST_MACS) macs.clear();
  const mac = createHmac('sha256', key).update(input).digest();
  macs.set(name, mac);
  return mac;
}
