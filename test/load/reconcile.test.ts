import { expect, test } from 'vitest';
import { isReconciled, type LedgerRow, type Promised, reconcile } from './reconcile.ts';

const promised = new Map<string, Promised>([
  ['a', 'processed'],
  ['b', 'quarantined'],
]);
const a: LedgerRow = { id: 'a', status: 'processed', attempts: 1 };
const b: LedgerRow = { id: 'b', status: 'quarantined', attempts: 0 };

test('a ledger that has what was promised is reconciled', () => {
  const result = reconcile(promised, [b, a]);
  expect(result).toMatchObject({ processedOnce: 1, quarantined: 1 });
  expect(isReconciled(result)).toBe(true);
});

test.each<[string, LedgerRow[], object]>([
  ['an accepted event that is not there', [b], { missing: ['a'] }],
  ['an event whose handler was started again', [{ ...a, attempts: 2 }, b], { startedAgain: ['a'] }],
  ['an accepted event that is still under way', [{ ...a, status: 'processing' }, b], { unlike: ['a'] }],
  ['a stale delivery that ran', [a, { ...b, status: 'processed', attempts: 1 }], { unlike: ['b'] }],
  ['an id that nobody genuine sent', [a, b, { ...a, id: 'forged' }], { foreign: ['forged'] }],
])('%s is found', (_, rows, found) => {
  const result = reconcile(promised, rows);
  expect(result).toMatchObject(found);
  expect(isReconciled(result)).toBe(false);
});
