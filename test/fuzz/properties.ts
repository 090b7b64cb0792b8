// The properties by name, and their shares of a run.
import fc, { type IAsyncProperty, type RunDetails } from 'fast-check';
import { startRuntime } from '../platform/runtime.ts';
import { edgeProperty } from './edge-property.ts';
import { opsProperty } from './ops-property.ts';
import { queueProperty } from './queue-property.ts';

export const PROPERTIES = ['edge', 'queue', 'ops'] as const;
export type PropertyName = (typeof PROPERTIES)[number];

/** Of every ten cases, how many are this property's. */
const SHARES: Record<PropertyName, number> = { edge: 6, queue: 2, ops: 2 };

/**
 * Cases under one seed. A longer run takes further seeds, so that any number of processes play the
 * same cases.
 */
export const CHUNK = 5_000;

/** A counterexample may be a body of 64 KiB. */
const LONGEST_REPORT = 4_000;

export interface Chunk {
  readonly property: PropertyName;
  readonly seed: number;
  readonly cases: number;
}

export type Outcome = RunDetails<unknown>;

/** The chunks that make up a run: the same for the same runs and seed. */
export function chunksOf(runs: number, seed: number, only?: PropertyName): Chunk[] {
  const chunks: Chunk[] = [];
  const plan = (property: PropertyName, cases: number) => {
    for (let left = cases, index = 0; left > 0; left -= CHUNK, index += 1) {
      chunks.push({ property, seed: seed + index, cases: Math.min(left, CHUNK) });
    }
  };
  if (only) plan(only, runs);
  else {
    const [queue, ops] = [Math.floor((runs * SHARES.queue) / 10), Math.floor((runs * SHARES.ops) / 10)];
    plan('edge', runs - queue - ops);
    plan('queue', queue);
    plan('ops', ops);
  }
  return chunks;
}

/** Plays one chunk; a failing case is cut down to the smallest that fails. */
export async function play({ property, seed, cases }: Chunk, path?: string): Promise<Outcome> {
  const runtime = startRuntime();
  try {
    const made: Record<PropertyName, () => unknown> = {
      edge: () => edgeProperty(runtime),
      queue: () => queueProperty(runtime),
      ops: () => opsProperty(runtime),
    };
    const checked = (await made[property]()) as IAsyncProperty<unknown>;
    return await fc.check(checked, { seed, numRuns: cases, ...(path !== undefined && { path }) });
  } finally {
    runtime.restore();
  }
}

/** What failed and how to see it again. */
export function describeFailure(chunk: Chunk, outcome: Outcome): string {
  const again = `npm run fuzz -- --property ${chunk.property} --seed ${chunk.seed} --runs ${chunk.cases}`;
  return [
    `${chunk.property}: ${fc.defaultReportMessage(outcome)?.slice(0, LONGEST_REPORT)}`,
    `see it again with: ${again} --path ${outcome.counterexamplePath}`,
  ].join('\n');
}
