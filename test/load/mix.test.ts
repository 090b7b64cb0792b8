import { expect, test } from 'vitest';
import { type Kind, planOf } from './mix.ts';

const MIX = { events: 1_000, duplicates: 0.1, forgeries: 0.05, stale: 0.02 };
const numbersOf = (kind: Kind, seed = 1) =>
  planOf(MIX, seed)
    .filter((planned) => planned.kind === kind)
    .map((planned) => planned.event);

test('each kind has its share of the events, on top of them', () => {
  const counts = (['genuine', 'duplicate', 'forged', 'stale'] as const).map((kind) => numbersOf(kind).length);
  expect(counts).toEqual([1_000, 100, 50, 20]);
});

test('a duplicate comes after the genuine delivery that it copies', () => {
  const plan = planOf(MIX, 7);
  const late = plan.filter(
    ({ kind, event }, place) =>
      kind === 'duplicate' && !plan.slice(0, place).some((each) => each.kind === 'genuine' && each.event === event),
  );
  expect(late).toEqual([]);
});

test('forged and stale deliveries have events of their own', () => {
  const genuine = new Set(numbersOf('genuine'));
  expect([...numbersOf('forged'), ...numbersOf('stale')].filter((event) => genuine.has(event))).toEqual([]);
});

test('the same seed makes the same load, another seed another one', () => {
  expect(planOf(MIX, 3)).toEqual(planOf(MIX, 3));
  expect(planOf(MIX, 3)).not.toEqual(planOf(MIX, 4));
});
