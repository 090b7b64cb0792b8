// How events end without success, and how deliveries that were never run are kept.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEPT_TOLD_ONE_BY_ONE, LEASE_MS, MAX_RETRIES } from '../../../src/limits.ts';
import { claimRequest, eventOf, failure, newLedger, quarantineRequest, report, T0 } from './fixtures.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const HOLDER = { messageId: 'm-a', id: 'a' };
const ANOTHER = { messageId: 'copy', id: 'a' };

describe('burying', () => {
  test('an event that the ledger has never met puts it back into the queue', async () => {
    const ledger = newLedger();
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'requeue' }]);
    expect(await ledger.get('a')).toBeNull();
  });

  test('the holder of a retrying event makes it dead, with its last error', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [failure('a', { error: 'Error: first' })]);
    await ledger.claim('c2', [claimRequest('a')]);
    await ledger.settle('c2', [failure('a', { error: 'Error: second' })]);
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'dead', attempts: 2, error: 'Error: second' }]);
    expect(await ledger.get('a')).toMatchObject({ status: 'dead', lastError: 'Error: second', dueAt: null });
  });

  test('again because the answer got lost changes nothing', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [failure('a')]);
    await ledger.bury([HOLDER]);
    const dead = await ledger.get('a');
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'drop' }]);
    expect(await ledger.get('a')).toEqual(dead);
  });

  test('the holder of a running event waits for its lease, and puts it back if nobody reports', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'busy', until: T0 + LEASE_MS }]);
    vi.setSystemTime(T0 + LEASE_MS);
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'requeue' }]);
    expect(await ledger.claim('c2', [claimRequest('a', { messageId: 'new' })])).toMatchObject([{ kind: 'run' }]);
  });

  test('an event that takes down every consumer is dead in the end, with every silent try kept', async () => {
    const ledger = newLedger();
    for (let round = 0; round <= MAX_RETRIES; round += 1) {
      vi.setSystemTime(T0 + round * LEASE_MS);
      await ledger.claim(`c${round}`, [claimRequest('a')]);
    }
    vi.setSystemTime(T0 + (MAX_RETRIES + 1) * LEASE_MS);
    expect(await ledger.bury([HOLDER])).toMatchObject([{ kind: 'dead', attempts: MAX_RETRIES + 1 }]);
    const record = await ledger.get('a');
    expect(record?.status).toBe('dead');
    expect(record?.tries.map((each) => each.outcome)).toEqual(Array.from({ length: MAX_RETRIES + 1 }, () => 'lost'));
  });

  test.each(['processing', 'retrying'] as const)(
    'a copy of an event that is %s leaves it to its holder',
    async (status) => {
      const ledger = newLedger();
      await ledger.claim('c1', [claimRequest('a')]);
      if (status === 'retrying') await ledger.settle('c1', [failure('a')]);
      const before = await ledger.get('a');
      vi.setSystemTime(T0 + 2 * LEASE_MS);
      expect(await ledger.bury([ANOTHER])).toEqual([{ kind: 'drop' }]);
      expect(await ledger.get('a')).toEqual(before);
    },
  );

  test('a processed event leaves it processed', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [report('a')]);
    expect(await ledger.bury([HOLDER])).toEqual([{ kind: 'drop' }]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed' });
  });

  test('an event that waits for its replay puts it back into the queue', async () => {
    const ledger = newLedger();
    await ledger.quarantine([quarantineRequest('a')]);
    expect(await ledger.bury([ANOTHER])).toEqual([{ kind: 'requeue' }]);
    expect(await ledger.get('a')).toMatchObject({ status: 'quarantined' });
  });
});

describe('quarantine', () => {
  test('keeps a delivery whole, as it was refused', async () => {
    const ledger = newLedger();
    await ledger.quarantine([quarantineRequest('a', { endpoint: 'host' })]);
    expect(await ledger.get('a')).toMatchObject({
      status: 'quarantined',
      endpoint: 'host',
      attempts: 0,
      event: eventOf('a'),
      refusal: { reason: 'timestamp_stale', headers: { 'x-vast-timestamp': '1' }, body: 'e30=' },
    });
  });

  test('of an id that is known, processed or quarantined before, changes nothing', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [report('a')]);
    await ledger.quarantine([quarantineRequest('b')]);
    const before = [await ledger.get('a'), await ledger.get('b')];
    vi.setSystemTime(T0 + 1_000);
    await ledger.quarantine([quarantineRequest('a'), quarantineRequest('b', { refusal: '{}' })]);
    expect([await ledger.get('a'), await ledger.get('b')]).toEqual(before);
  });

  test('counts as one of many for an hour, and is told by itself again after it', async () => {
    const ledger = newLedger();
    const first = Array.from({ length: KEPT_TOLD_ONE_BY_ONE }, (_, index) => quarantineRequest(`q${index}`));
    expect(await ledger.quarantine(first)).toEqual(first.map(() => ({ kind: 'tell' })));
    vi.setSystemTime(T0 + 3_600_000 - 1);
    expect(await ledger.quarantine([quarantineRequest('within')])).toEqual([{ kind: 'tell_count', count: 1 }]);
    vi.setSystemTime(T0 + 3_600_000);
    expect(await ledger.quarantine([quarantineRequest('after')])).toEqual([{ kind: 'tell' }]);
  });

  test('does not keep the genuine event from running when it arrives after all', async () => {
    const ledger = newLedger();
    await ledger.quarantine([quarantineRequest('a', { event: null })]);
    expect(await ledger.claim('c1', [claimRequest('a')])).toEqual([{ kind: 'run', run: 1, attempt: 1, steps: [] }]);
    await ledger.settle('c1', [report('a')]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed', event: eventOf('a') });
  });
});

test.each([1, 3, 5, 6, 9])('%d letters that come once more get the answers that may have been lost', async (count) => {
  const ledger = newLedger();
  await ledger.quarantine([quarantineRequest('before', { messageId: 'm' })]);
  const letters = Array.from({ length: count }, (_, at) => quarantineRequest(`id-${at}`, { messageId: `m-${at}` }));
  const first = await ledger.quarantine(letters);
  expect(await ledger.quarantine(letters)).toEqual(first);
  // An hour later they are the only ones of their hour, or none at all.
  vi.setSystemTime(T0 + 3_600_000);
  expect((await ledger.quarantine(letters)).slice(0, 5)).toEqual(letters.slice(0, 5).map(() => ({ kind: 'tell' })));
});

test('a message that stands in a batch twice is put back twice', async () => {
  const ledger = newLedger();
  const letter = { messageId: 'm-b', endpoint: 'default', id: 'b' };
  expect(await ledger.bury([letter, letter])).toEqual([{ kind: 'requeue' }, { kind: 'requeue' }]);
});

test('a message that stands in a batch twice dies once', async () => {
  const ledger = newLedger();
  await ledger.claim('c1', [claimRequest('b')]);
  await ledger.settle('c1', [failure('b')]);
  const letter = { messageId: 'm-b', endpoint: 'default', id: 'b' };
  const answers = await ledger.bury([letter, letter]);
  expect(answers.map(({ kind }) => kind)).toEqual(['dead', 'drop']);
});
