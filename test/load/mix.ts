// What a load consists of: genuine events, and on top of them copies, forgeries and stale
// deliveries, shuffled by a seed. No I/O and no clock: the same seed makes the same load.

export type Kind = 'genuine' | 'duplicate' | 'forged' | 'stale';

/** How many of each kind, beside the genuine ones as a share of them (0.05 for 5 %). */
export interface Mix {
  readonly events: number;
  readonly duplicates: number;
  readonly forgeries: number;
  readonly stale: number;
}

export interface Planned {
  readonly kind: Kind;
  /**
   * Which event it is about. A duplicate shares its number with the genuine delivery that comes
   * before it.
   */
  readonly event: number;
}

/**
 * The whole load in the order of sending. Every duplicate comes after its original, at any
 * distance.
 */
export function planOf({ events, duplicates, forgeries, stale }: Mix, seed: number): readonly Planned[] {
  const random = randomFrom(seed);
  const kinds: Kind[] = [
    ...kindsOf('genuine', events),
    ...kindsOf('duplicate', Math.round(events * duplicates)),
    ...kindsOf('forged', Math.round(events * forgeries)),
    ...kindsOf('stale', Math.round(events * stale)),
  ];
  shuffle(kinds, random);
  // Something to copy must come first.
  const first = kinds.indexOf('genuine');
  [kinds[0], kinds[first]] = ['genuine', kinds[0] ?? 'genuine'];

  const sent: number[] = [];
  return kinds.map((kind, number) => {
    if (kind === 'duplicate') return { kind, event: sent[Math.floor(random() * sent.length)] ?? 0 };
    if (kind === 'genuine') sent.push(number);
    return { kind, event: number };
  });
}

function kindsOf(kind: Kind, count: number): Kind[] {
  return Array.from({ length: count }, () => kind);
}

function shuffle(items: unknown[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
}

/**
 * Numbers from 0 up to, not including, 1: a linear congruential generator (Numerical Recipes'
 * constants), its high bits.
 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
