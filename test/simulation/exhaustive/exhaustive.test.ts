// The ledger's rules in every state that one event can reach: sampling finds what is likely, this
// finds what is possible.
import { describe, expect, it, vi } from 'vitest';
import { ruleMutations } from './rule-mutations.ts';
import { realRules } from './rules.ts';
import { search } from './search.ts';

// Two deliveries of a message are enough to tell the last one from the others, and the states stay
// few.
vi.mock('../../../src/limits.ts', async (original) => ({
  ...(await original<object>()),
  MAX_RETRIES: 1,
  MAX_STARTS: 2,
}));

const BOUNDS = { messages: 3, consumers: 2, faults: 2, kills: false };
const way = (path: readonly string[]) => path.join('\n');

describe('one event, three messages, two consumers, two faults', () => {
  it('breaks no promise in any state that can be reached', { timeout: 120_000 }, () => {
    const { states, broken, path } = search(realRules, BOUNDS, false);
    console.log(`${states} states`);
    expect(broken, way(path)).toBeUndefined();
    expect(states).toBeGreaterThan(100_000);
  });

  it('starts a handler at most MAX_STARTS times in a run, even one that kills its consumer', {
    timeout: 120_000,
  }, () => {
    const { states, broken, path } = search(realRules, { ...BOUNDS, faults: 1, kills: true }, true);
    console.log(`${states} states with handlers that kill`);
    expect(broken, way(path)).toBeUndefined();
  });
});

describe('goes red for every mutation of the rules', () => {
  it.each(ruleMutations)('$name', { timeout: 120_000 }, ({ rules }) => {
    const few = search(rules, { ...BOUNDS, faults: 1 }, false);
    const { broken } = few.broken ? few : search(rules, BOUNDS, false);
    expect(broken).toBeDefined();
  });
});
