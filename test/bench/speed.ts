// Times the loops of test/workerd/bench/speed-worker.ts from outside, because inside the clock
// stands still while code runs. Each round is a process of its own; within it the subjects take
// turns, forwards in one round and backwards in the next.
import { type BenchWorker, startBenchWorker } from './bench-worker.ts';
import { median } from './statistics.ts';

/** Operations that one request repeats: half a second's worth, so that the request is nothing. */
const TIMES = {
  verify: 100_000,
  subtle: 200_000,
  standardwebhooks: 30_000,
  octokit: 30_000,
  bare: 8_000,
  route: 8_000,
  proving: 6_000,
  parsing: 5_000,
  sending: 4_000,
  timing: 4_000,
  logging: 4_000,
  edge: 4_000,
  forged: 6_000,
  consume5: 800,
  consume10: 1_000,
  consume50: 2_000,
  consume100: 2_000,
} as const;
/** Passes of a round that count; the one before them warms up. */
const PASSES = 3;
/** Invocations of which the median counts as "warm": the code is loaded, but not yet optimised. */
const FEW = 15;

export type Subject = keyof typeof TIMES;
export const subjects = Object.keys(TIMES) as Subject[];

/** Subjects that answer deliveries, which are signed before the clock starts. */
const DELIVERED = new Set<Subject>([
  'bare',
  'route',
  'proving',
  'parsing',
  'sending',
  'timing',
  'logging',
  'edge',
  'forged',
]);

/** Microseconds per operation: for each subject one value per round, the median of its passes. */
export type Speeds = Readonly<Record<Subject, number[]>>;

/** Milliseconds of one invocation, a value per round: of an isolate's first, and of later ones. */
export interface Invocations {
  readonly coldDelivery: number[];
  readonly warmDelivery: number[];
  readonly coldBatch: number[];
  readonly warmBatch: number[];
}

export interface Measured {
  readonly speeds: Speeds;
  readonly invocations: Invocations;
  /** What of a pass is the request around it: the median share. */
  readonly overhead: number;
}

export interface SpeedOptions {
  readonly rounds: number;
  /** Roots of the code to measure (see code.ts), run beside each other. */
  readonly codes: readonly string[];
  readonly only: readonly Subject[];
  /** By how much the repetitions are cut: for a first look, and for tests. */
  readonly divisor: number;
  /** Events in a deployed batch. */
  readonly batch: number;
}

/** @returns One for each of `codes`. */
export async function measureSpeeds(
  { rounds, codes, only, divisor, batch }: SpeedOptions,
  onRound: (done: number) => void,
): Promise<readonly Measured[]> {
  const sides = codes.map((code) => ({
    code,
    speeds: noSpeeds(),
    invocations: noInvocations(),
    overheads: [] as number[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    const turn = <Item>(items: readonly Item[]) => (round % 2 === 0 ? items : items.toReversed());
    const running: Side[] = [];
    try {
      for (const side of sides) running.push({ ...side, worker: await startBenchWorker('speed-worker.ts', side.code) });
      for (const side of turn(running)) await measureFirst(side, batch);
      await measureRound(turn(running), turn(only), divisor);
    } finally {
      for (const { worker } of running) await worker.close();
    }
    onRound(round + 1);
  }
  return sides.map(({ speeds, invocations, overheads }) => ({ speeds, invocations, overhead: median(overheads) }));
}

interface Side {
  readonly worker: BenchWorker;
  readonly speeds: Speeds;
  readonly invocations: Invocations;
  readonly overheads: number[];
}

/** One pass after the other over all subjects, each by every side in turn. */
async function measureRound(sides: readonly Side[], order: readonly Subject[], divisor: number): Promise<void> {
  const passes = sides.map(() => noSpeeds());
  for (let pass = 0; pass <= PASSES; pass += 1) {
    for (const subject of order) {
      for (const [index, { worker, overheads }] of sides.entries()) {
        const times = TIMES[subject] / divisor;
        const request = await worker.time('/nothing', { times: 1 });
        const nothing = await worker.time('/nothing', { times });
        await prepare(worker, subject, times);
        const taken = await worker.time(`/${subject}`, { times });
        if (pass === 0) continue;
        passes[index]?.[subject].push(((taken - nothing) / times) * 1_000);
        overheads.push(request / taken);
      }
    }
  }
  for (const [index, { speeds }] of sides.entries()) {
    for (const subject of order) speeds[subject].push(median(passes[index]?.[subject] ?? []));
  }
}

/** What a fresh isolate takes for its first delivery and batch, and for the following ones. */
async function measureFirst({ worker, invocations }: Side, batch: number): Promise<void> {
  // The first request also wakes what is around the Worker.
  const nothings: number[] = [];
  for (let index = 0; index < FEW; index += 1) nothings.push(await worker.time('/nothing', { times: 1 }));
  const around = median(nothings.slice(3));
  const one = async (subject: Subject, times: number) => {
    await prepare(worker, subject, times);
    return Math.max((await worker.time(`/${subject}`, { times })) - around, 0);
  };
  const few = async (subject: Subject, times: number) => {
    const taken: number[] = [];
    for (let index = 0; index < FEW; index += 1) taken.push(await one(subject, times));
    return median(taken);
  };
  const consume = `consume${batch}` as Subject;
  invocations.coldDelivery.push(await one('edge', 1));
  invocations.coldBatch.push(await one(consume, batch));
  invocations.warmDelivery.push(await few('edge', 1));
  invocations.warmBatch.push(await few(consume, batch));
}

async function prepare(worker: BenchWorker, subject: Subject, times: number): Promise<void> {
  if (subject.startsWith('consume')) await worker.get('/queue', { times });
  if (DELIVERED.has(subject)) await worker.get('/prepare', { times, forged: Number(subject === 'forged') });
}

const noSpeeds = (): Speeds =>
  Object.fromEntries(subjects.map((subject) => [subject, [] as number[]])) as Record<Subject, number[]>;

const noInvocations = (): Invocations => ({ coldDelivery: [], warmDelivery: [], coldBatch: [], warmBatch: [] });
