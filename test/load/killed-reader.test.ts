// What is found wrong with what a reader of the feed has read.
import { expect, test } from 'vitest';
import { isEachOnceInOrder, judge } from './killed-reader.ts';
import type { Promised } from './reconcile.ts';

const promised = new Map<string, Promised>([
  ['a', 'processed'],
  ['b', 'processed'],
  ['late', 'quarantined'],
]);
const row = { status: 'processed', attempts: 1 };
const rows = [
  { ...row, id: 'b', seq: 3 },
  { ...row, id: 'late', seq: 2, status: 'quarantined' },
  { ...row, id: 'a', seq: 1 },
];
const a = { id: 'a', seq: 1 };
const b = { id: 'b', seq: 3 };

test('each event once, in the order of the ledger, is right', () => {
  const reading = judge([a, b], promised, rows);
  expect(reading.read).toBe(2);
  expect(isEachOnceInOrder({ kills: 0, ...reading })).toBe(true);
});

test.each([
  ['an event that was not read', [a], { missing: ['b'] }],
  ['an event that was read twice', [a, b, b], { twice: ['b'] }],
  ['two events in the wrong order', [b, a], { misplaced: ['a'] }],
  ['an event in a place that the ledger does not have it in', [a, { ...b, seq: 2 }], { misplaced: ['b'] }],
  ['an event that was kept aside', [a, { id: 'late', seq: 2 }, b], { misplaced: ['late'] }],
])('%s is found', (_, lines, found) => {
  const reading = judge(lines, promised, rows);
  expect(reading).toMatchObject(found);
  expect(isEachOnceInOrder({ kills: 0, ...reading })).toBe(false);
});
