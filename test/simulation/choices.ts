// Every decision of a simulated run comes from one list of numbers. The list follows from a seed; a
// failing list can be cut down and played again. Zero is always the plainest decision: nothing
// fails, time stands still.

/** A stream of decisions, drawn from a seed or played back from a list. */
export class Choices {
  readonly #random: (() => number) | undefined;
  readonly #played: readonly number[];
  #next = 0;
  /** What has been drawn so far. */
  readonly taken: number[] = [];

  private constructor(random: (() => number) | undefined, played: readonly number[]) {
    this.#random = random;
    this.#played = played;
  }

  static fromSeed(seed: number): Choices {
    return new Choices(mulberry32(seed), []);
  }

  /** Plays a list back; past its end every decision is the plainest. */
  static fromList(list: readonly number[]): Choices {
    return new Choices(undefined, list);
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    const raw = this.#random ? Math.floor(this.#random() * 0x1_0000) : (this.#played[this.#next] ?? 0);
    this.#next += 1;
    this.taken.push(raw);
    return Math.floor((raw * count) / 0x1_0000);
  }

  /** True in `percent` of a hundred cases; never where the choice is the plainest. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

/**
 * Mulberry32, a small well-distributed generator of 32 bits of state (public domain algorithm by
 * Tommy Ettinger).
 */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
