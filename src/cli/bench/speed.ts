// Times the loops of test/bench/speed-worker.ts from outside, because inside the clock stands still while code runs. Each
// round is a process of its own; within it the subjects take turns, forwards in one round and backwards in the next.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../project-root.ts';
import { offlineEnvironment } from '../wrangler.ts';
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
  const worker = await startWorker();
  try {
    const passes = Object.fromEntries(order.map((subject) => [subject, [] as number[]])) as Record<Subject, number[]>;
    for (let pass = 0; pass < WARM_UP_PASSES + PASSES; pass += 1) {
      for (const subject of order) {
        const times = TIMES[subject];
        const nothing = await worker.time('nothing', times);
        passes[subject].push(((await worker.time(subject, times)) - nothing) / times);
      }
    }
    const medians = order.map((subject) => [subject, median(passes[subject].slice(WARM_UP_PASSES)) * 1_000]);
    return Object.fromEntries(medians) as Record<Subject, number>;
  } finally {
    await worker.close();
  }
}

async function startWorker() {
  // Read by wrangler when it is loaded, so set first.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'error' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');
  const directory = mkdtempSync(join(tmpdir(), 'vastai-bench-'));
  const { compatibility_date, kv_namespaces, durable_objects, exports, queues, minify } = unstable_readConfig({
    config: join(projectRoot, 'wrangler.toml'),
  });
  const main = join(projectRoot, 'test/bench/speed-worker.ts');
  // Nobody consumes: the batches that count are the bench's own.
  const bindings = { kv_namespaces, durable_objects, exports, queues: { producers: queues.producers } };
  const configPath = join(directory, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify({ name: 'bench', main, compatibility_date, minify, ...bindings }));

  const server = createTestHarness({ root: directory, workers: [{ configPath }] });
  const { url } = await server.listen();
  /** Milliseconds for a whole loop. */
  const time = async (loop: string, times: number): Promise<number> => {
    const target = new URL(`/${loop}?times=${times}`, url);
    const startedAt = performance.now();
    const response = await server.fetch(target);
    const answer = await response.text();
    const ms = performance.now() - startedAt;
    if (!response.ok) throw new Error(`${loop}: ${response.status} ${answer.slice(0, 500)}`);
    return ms;
  };
  const close = async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { time, close };
}
