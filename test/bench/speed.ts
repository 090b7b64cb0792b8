// Times the loops of test/bench/speed-worker.ts from outside, because inside the clock stands still
// while code runs. Each round is a process of its own; within it the subjects take turns, forwards
// in one round and backwards in the next.
import { startBenchWorker } from './bench-worker.ts';
import { median } from './statistics.ts';

/** How many operations one request repeats. */
const TIMES = {
  verify: 4_000,
  subtle: 4_000,
  standardwebhooks: 2_000,
  octokit: 2_000,
  route: 800,
  least: 800,
  edge: 800,
  forged: 800,
  consume10: 200,
  consume100: 400,
} as const;
/** Passes of a round that count; two before them warm up. */
const PASSES = 5;
const WARM_UP_PASSES = 2;

export type Subject = keyof typeof TIMES;
export const subjects = Object.keys(TIMES) as Subject[];

/** Microseconds per operation: for each subject one value per round, the median of its passes. */
export type Speeds = Readonly<Record<Subject, readonly number[]>>;

export async function measureSpeeds(rounds: number, onRound: (done: number) => void): Promise<Speeds> {
  const speeds = Object.fromEntries(subjects.map((subject) => [subject, [] as number[]])) as Record<Subject, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    const measured = await measureRound(round % 2 === 0 ? subjects : subjects.toReversed());
    for (const subject of subjects) speeds[subject].push(measured[subject]);
    onRound(round + 1);
  }
  return speeds;
}

async function measureRound(order: readonly Subject[]): Promise<Record<Subject, number>> {
  const worker = await startBenchWorker('speed-worker.ts');
  /** Milliseconds for a whole loop. */
  const time = async (loop: string, times: number): Promise<number> => {
    const startedAt = performance.now();
    await worker.get(`/${loop}`, { times });
    return performance.now() - startedAt;
  };
  try {
    const passes = Object.fromEntries(order.map((subject) => [subject, [] as number[]])) as Record<Subject, number[]>;
    for (let pass = 0; pass < WARM_UP_PASSES + PASSES; pass += 1) {
      for (const subject of order) {
        const times = TIMES[subject];
        const nothing = await time('nothing', times);
        passes[subject].push(((await time(subject, times)) - nothing) / times);
      }
    }
    const medians = order.map((subject) => [subject, median(passes[subject].slice(WARM_UP_PASSES)) * 1_000]);
    return Object.fromEntries(medians) as Record<Subject, number>;
  } finally {
    await worker.close();
  }
}
