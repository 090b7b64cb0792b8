// How the ledger is asked: again where that may help, and not at once where it would make things
// worse.
import { expect, test, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { askLedger, callLedger } from '../../../src/ledger/client.ts';

/** A ledger that answers, or throws, what `call` does. */
function envOf(call: () => unknown): Pick<Env, 'LEDGER'> {
  const stub = { stats: async () => call(), settle: async () => call() };
  return { LEDGER: { getByName: () => stub } as unknown as Env['LEDGER'] };
}

test('a call that fails is repeated, three times in all', async () => {
  const call = vi.fn(() => {
    throw new Error('Durable Object reset because its code was updated.');
  });
  const answer = await callLedger(envOf(call), (ledger) => ledger.stats());
  expect(answer).toEqual({ ok: false, failure: 'Durable Object reset because its code was updated.' });
  expect(call).toHaveBeenCalledTimes(3);
});

test('an object that says that it is overloaded is left alone', async () => {
  const call = vi.fn(() => {
    throw Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true, retryable: true });
  });
  expect(await callLedger(envOf(call), (ledger) => ledger.stats())).toMatchObject({ ok: false });
  expect(call).toHaveBeenCalledTimes(1);
});

test('each question comes back with its answer', async () => {
  const answered = await askLedger(
    envOf(() => [true, false]),
    ['a', 'b'],
    (ledger) => ledger.settle('c', []),
  );
  expect(answered).toEqual({
    ok: true,
    value: [
      ['a', true],
      ['b', false],
    ],
  });
});

test.each([[[true]], [undefined]])('fewer answers than questions are none: %j', async (answers) => {
  const answered = await askLedger(
    envOf(() => answers),
    ['a', 'b'],
    (ledger) => ledger.settle('c', []),
  );
  expect(answered).toEqual({ ok: false, failure: 'the ledger gave no answer' });
});
