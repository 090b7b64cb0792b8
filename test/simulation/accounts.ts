// What has happened to every event of a run, and the promises that can be held against it at once.
import { MAX_RETRIES } from '../../src/limits.ts';
import { type Key, stored } from './adapter.ts';
import type { Platform } from './platform.ts';
import type { Storage } from './sqlite.ts';

/** Within this time of its end, in milliseconds, a handler's success may be repeated by a crash. */
export const MOMENT_MS = 1_000;

/** Starts that one run may have. */
const MAX_STARTS = MAX_RETRIES + 1;

/** What succeeded in one consumer invocation and is not yet in the ledger. */
export class Unreported {
  /** Handlers by their event, steps by `event/step`. */
  readonly keys = new Set<string>();
  /** When the handler of an event ended, and when its settle call was first made. */
  readonly endedAt = new Map<Key, number>();
  readonly askedAt = new Map<Key, number>();

  /**
   * Whether a crash at `now` may repeat it: within the moment, or because the ledger was asked in
   * time and did not take it.
   */
  isExcused(key: string, now: number): boolean {
    const event = eventOf(key);
    const endedAt = this.endedAt.get(event);
    return endedAt === undefined || (this.askedAt.get(event) ?? now) - endedAt <= MOMENT_MS;
  }

  forget(event: Key): void {
    for (const key of this.keys) if (eventOf(key) === event) this.keys.delete(key);
  }
}

const eventOf = (key: string): Key => key.split('/')[0] ?? key;

export class Accounts {
  /** Events that the queue has taken at least once. */
  readonly taken = new Set<Key>();
  readonly runs = new Map<Key, number>();
  /** Successes of handlers by their event, of steps by `event/step`. */
  readonly successes = new Map<string, number>();
  /** Successes beyond the first that the model itself has caused. */
  readonly excuses = new Map<string, number>();
  /** Starts, by `event#run`. */
  readonly starts = new Map<string, number>();
  /** How often an event's death was told. */
  readonly notices = new Map<Key, number>();
  /**
   * Whose replay an operator asked for, whatever was answered: a send that seems to fail may happen
   * all the same.
   */
  readonly replayAsked = new Set<Key>();
  /** Whose replay was promised, and how many runs had begun before. */
  readonly replayed = new Map<Key, number>();
  /** Whose last message outlived the queue's retention before the ledger had met it. */
  readonly expired = new Set<Key>();
  /** Whose messages were purged while a replay had it `queued`: if that fails, it is as before. */
  readonly purged = new Set<Key>();
  /**
   * Promises found broken. Kept, not thrown: the code under test would take a throw for a failure
   * of its surroundings.
   */
  readonly violations: string[] = [];
  readonly #platform: Platform;
  readonly #storage: Storage;

  constructor(platform: Platform, storage: Storage) {
    this.#platform = platform;
    this.#storage = storage;
  }

  violate(what: string): void {
    this.#platform.note(`BROKEN: ${what}`);
    this.violations.push(what);
  }

  /** A handler starts. @param body What it was given, to be held against the ledger's row. */
  started(key: Key, body: unknown): void {
    add(this.runs, key);
    const row = stored(this.#storage, key);
    if (row === undefined) return;
    const starts = Math.max(add(this.starts, `${key}#${row.run}`), row.attempts);
    if (starts > MAX_STARTS) this.violate(`${key} was started ${starts} times in one run`);
    const held = row.event === null ? null : (JSON.parse(row.event) as { data: { body?: unknown } }).data.body;
    if (held !== body) this.violate(`${key} ran with body ${body} while the ledger's row holds ${held}`);
  }

  /**
   * @param key An event, or `event/step`. @param hidden Consumers that still keep a success from
   * the ledger.
   */
  succeeded(key: string, hidden: number): void {
    const count = add(this.successes, key);
    // Each replay that has taken effect opens a run of its own.
    const replays = (stored(this.#storage, eventOf(key))?.run ?? 1) - 1;
    const allowed = 1 + (this.excuses.get(key) ?? 0) + replays + hidden;
    if (count > allowed) this.violate(`${key} succeeded ${count} times where ${allowed} are explained`);
  }

  /**
   * Somebody is told that an event has died: once for each run at most. By then a replay may have
   * begun the next one.
   */
  told(key: Key): void {
    const count = add(this.notices, key);
    const runs = stored(this.#storage, key)?.run ?? 1;
    if (count > runs) this.violate(`the death of ${key} was told ${count} times in ${runs} runs`);
  }

  wasTold(key: Key): boolean {
    return this.notices.has(key);
  }

  /**
   * A consumer has stopped, or gives up: what it has not reported may be repeated, as far as that
   * is excused.
   */
  excuse({ keys }: Unreported, excused: (key: string) => boolean): void {
    for (const key of keys) if (excused(key)) add(this.excuses, key);
  }

  /** The ledger's memory of an event has ended: from here on it is a new one. */
  forget(key: Key): void {
    for (const counts of [this.runs, this.successes, this.excuses, this.starts, this.notices, this.replayed]) {
      for (const name of counts.keys())
        if (name === key || name.startsWith(`${key}/`) || name.startsWith(`${key}#`)) counts.delete(name);
    }
  }
}

function add(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
