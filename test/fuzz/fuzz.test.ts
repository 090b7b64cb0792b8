// Hostile input, some thousands of cases here, any number by `npm run fuzz`.
import { describe, expect, it } from 'vitest';
import { CHUNK, chunksOf, describeFailure, PROPERTIES, play } from './properties.ts';

const RUNS = 10_000;
const SEED = 1;

describe(`against ${RUNS} hostile cases`, () => {
  const promises = {
    edge: 'the edge accepts nothing forged, loses and changes nothing genuine, and never answers 500',
    queue: 'the consumers answer for every message, and no junk holds up its neighbours',
    ops: 'the ops pages tell a stranger nothing, answer no 5xx and escape what they show',
  };
  it.each(PROPERTIES.map((property) => [promises[property], property] as const))('%s', async (_, property) => {
    for (const chunk of chunksOf(RUNS, SEED).filter((each) => each.property === property)) {
      const outcome = await play(chunk);
      if (outcome.failed) expect.fail(describeFailure(chunk, outcome));
      expect(outcome.numRuns).toBe(chunk.cases);
    }
  });
});

describe('a run', () => {
  it('has as many cases as were asked for, under seeds that follow each other', () => {
    const chunks = chunksOf(4 * CHUNK, 7);
    expect(chunks.reduce((sum, chunk) => sum + chunk.cases, 0)).toBe(4 * CHUNK);
    expect(chunks.filter((chunk) => chunk.property === 'edge').map((chunk) => chunk.seed)).toEqual([7, 8, 9]);
  });

  it('of one property begins with the seed it was given', () => {
    expect(chunksOf(10, 3, 'ops')).toEqual([{ property: 'ops', seed: 3, cases: 10 }]);
  });
});
