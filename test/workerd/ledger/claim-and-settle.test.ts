// Who may run an event, and what a report about a run changes: the rules on the real object, by the
// calls of a consumer.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEASE_MS, MAX_STARTS, MAX_TRIES_KEPT } from '../../../src/limits.ts';
import { claimRequest, failure, newLedger, report, sendThrough, T0 } from './fixtures.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const FIRST_RUN = { kind: 'run', run: 1, attempt: 1, steps: [] };
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe('a claim', () => {
  test('of two copies in one batch grants one', async () => {
    const copies = [claimRequest('a'), claimRequest('a', { messageId: 'copy' })];
    expect(await newLedger().claim('c1', copies)).toEqual([FIRST_RUN, { kind: 'duplicate' }]);
  });

  test('of one message that stands in a batch twice grants one, and lets the other wait', async () => {
    const twice = [claimRequest('a'), claimRequest('a')];
    const answers = [FIRST_RUN, { kind: 'busy', until: T0 + LEASE_MS }];
    const ledger = newLedger();
    expect(await ledger.claim('c1', twice)).toEqual(answers);
    expect(await ledger.claim('c1', twice)).toEqual(answers);
    expect(await ledger.get('a')).toMatchObject({ attempts: 1 });
  });

  test('of two copies in two batches at once grants one', async () => {
    const ledger = newLedger();
    const answers = await Promise.all([
      ledger.claim('c1', [claimRequest('a')]),
      ledger.claim('c2', [claimRequest('a', { messageId: 'copy' })]),
    ]);
    expect(answers.flat().map((answer) => answer.kind)).toEqual(['run', 'duplicate']);
  });

  test('is answered request by request, in their order', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('b')]);
    const answers = await ledger.claim('c2', [claimRequest('a'), claimRequest('b'), claimRequest('c')]);
    expect(answers.map((answer) => answer.kind)).toEqual(['run', 'busy', 'run']);
  });

  test('by the same message while it is being handled is told when to come back', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(1_000);
    expect(await ledger.claim('c2', [claimRequest('a')])).toEqual([{ kind: 'busy', until: T0 + LEASE_MS }]);
  });

  test('repeated because its answer got lost is answered the same, and counts as one try', async () => {
    const ledger = newLedger();
    const requests = [claimRequest('a'), claimRequest('b')];
    const answers = await ledger.claim('c1', requests);
    later(5_000);
    expect(await ledger.claim('c1', requests)).toEqual(answers);
    expect(await ledger.get('a')).toMatchObject({ attempts: 1, leaseUntil: T0 + LEASE_MS });
  });

  test.each([
    ['the same message', 'm-a'],
    ['a copy', 'copy'],
  ])('by %s once the lease is over is granted, and the silent try is on record', async (_, messageId) => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(LEASE_MS);
    expect(await ledger.claim('c2', [claimRequest('a', { messageId })])).toEqual([{ ...FIRST_RUN, attempt: 2 }]);
    expect(await ledger.get('a')).toMatchObject({
      status: 'processing',
      attempts: 2,
      tries: [{ at: T0 + LEASE_MS, outcome: 'lost', error: expect.stringContaining('stopped') }],
    });
  });

  test('of a retrying event is granted to the message that holds it, and to no copy', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [failure('a')]);
    const copy = claimRequest('a', { messageId: 'copy' });
    expect(await ledger.claim('c2', [copy])).toEqual([{ kind: 'duplicate' }]);
    expect(await ledger.claim('c3', [claimRequest('a')])).toEqual([{ ...FIRST_RUN, attempt: 2 }]);
  });

  test('after the last start gives the event up, with its last silent try on record, and says so once', async () => {
    const ledger = newLedger();
    for (let start = 1; start <= MAX_STARTS; start += 1) {
      await ledger.claim(`c${start}`, [claimRequest('a')]);
      later(LEASE_MS);
    }
    expect(await ledger.claim('last', [claimRequest('a'), claimRequest('a')])).toEqual([
      { kind: 'dead', attempts: MAX_STARTS, error: expect.stringContaining('stopped') },
      { kind: 'duplicate' },
    ]);
    const record = await ledger.get('a');
    expect(record).toMatchObject({ status: 'dead', dueAt: null });
    expect(record?.tries.map(({ outcome }) => outcome)).toEqual(Array.from({ length: MAX_STARTS }, () => 'lost'));
  });

  test('stays between ledger and consumer: who reads the event is told neither message nor claim', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    expect(JSON.stringify(await ledger.get('a'))).not.toMatch(/"(m-a|c1)"/);
  });

  test.each(['processed', 'dead'] as const)('of an event that is %s is a duplicate', async (outcome) => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [report('a', { outcome })]);
    expect(await ledger.claim('c2', [claimRequest('a')])).toEqual([{ kind: 'duplicate' }]);
  });

  test.each(['constructor', '__proto__', "'; DROP TABLE events; --", '%', '123', '1e3'])(
    'takes the id %s for the text it is',
    async (id) => {
      const ledger = newLedger();
      expect(await ledger.claim('c1', [claimRequest(id)])).toEqual([FIRST_RUN]);
      expect(await ledger.settle('c1', [report(id)])).toEqual([true]);
      expect(await ledger.get(id)).toMatchObject({ id, status: 'processed' });
    },
  );
});

describe('settling', () => {
  test('records the try, with its time and length', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(700);
    expect(await ledger.settle('c1', [report('a', { ms: 650 })])).toEqual([true]);
    expect(await ledger.get('a')).toMatchObject({
      status: 'processed',
      attempts: 1,
      tries: [{ at: T0 + 700, ms: 650, outcome: 'succeeded' }],
      leaseUntil: null,
      dueAt: null,
    });
  });

  test.each(['processed', 'retrying', 'dead'] as const)(
    'repeated because its answer got lost changes nothing (%s)',
    async (outcome) => {
      const ledger = newLedger();
      await ledger.claim('c1', [claimRequest('a')]);
      const reports = [report('a', { outcome, error: 'Error: no', retryAt: T0 + 9_000 })];
      expect(await ledger.settle('c1', reports)).toEqual([true]);
      const settled = await ledger.get('a');
      later(400);
      expect(await ledger.settle('c1', reports)).toEqual([true]);
      expect(await ledger.get('a')).toEqual(settled);
    },
  );

  test('of a failure after the lease was lost changes nothing', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(LEASE_MS);
    await ledger.claim('c2', [claimRequest('a', { messageId: 'copy' })]);
    const before = await ledger.get('a');
    expect(await ledger.settle('c1', [failure('a')])).toEqual([false]);
    expect(await ledger.settle('c1', [report('a', { outcome: 'dead', error: 'Error: late' })])).toEqual([false]);
    expect(await ledger.get('a')).toEqual(before);
  });

  test('of a success after the lease was lost is recorded: it is the truth', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(LEASE_MS);
    await ledger.claim('c2', [claimRequest('a', { messageId: 'copy' })]);
    expect(await ledger.settle('c1', [report('a')])).toEqual([true]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed' });
    // The other run was under way already. Its report is history, whichever it is.
    expect(await ledger.settle('c2', [report('a', { messageId: 'copy' })])).toEqual([false]);
    expect(await ledger.settle('c2', [failure('a', { messageId: 'copy' })])).toEqual([false]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed', tries: [{}, { outcome: 'succeeded' }] });
  });

  test('of a success after the event was given up is recorded', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    later(LEASE_MS);
    await ledger.claim('c2', [claimRequest('a')]);
    await ledger.settle('c2', [report('a', { outcome: 'dead', error: 'Error: no' })]);
    expect(await ledger.settle('c1', [report('a')])).toEqual([true]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed' });
  });

  test('of an event that the ledger does not know changes nothing', async () => {
    const ledger = newLedger();
    expect(await ledger.settle('c1', [report('a')])).toEqual([false]);
    expect(await ledger.get('a')).toBeNull();
  });

  test('remembers the steps that succeeded until the event has', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    await ledger.settle('c1', [failure('a', { steps: ['slack', 'mail'] })]);
    expect(await ledger.claim('c2', [claimRequest('a')])).toMatchObject([{ steps: ['slack', 'mail'] }]);
    await ledger.settle('c2', [failure('a', { steps: ['mail', 'pager'] })]);
    expect(await ledger.claim('c3', [claimRequest('a')])).toMatchObject([{ steps: ['slack', 'mail', 'pager'] }]);
    await ledger.settle('c3', [report('a', { steps: ['last'] })]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed', steps: [] });
  });

  test('keeps the latest tries only, and nothing of the payload in them', async () => {
    const ledger = newLedger();
    await sendThrough(ledger, async () => {});
    const rounds = MAX_TRIES_KEPT + 3;
    for (let round = 1; round <= rounds; round += 1) {
      // A run ends with its last start: more tries than that are those of several runs.
      if (round % MAX_STARTS === 1 && round > 1) await ledger.replay(['a'], 'default');
      const [answer] = await ledger.claim(`c${round}`, [claimRequest('a')]);
      const run = answer?.kind === 'run' ? answer.run : 0;
      await ledger.settle(`c${round}`, [failure('a', { run, error: `Error: no ${round}` })]);
    }
    const record = await ledger.get('a');
    expect(record).toMatchObject({ run: 3, attempts: MAX_STARTS, lastError: `Error: no ${rounds}` });
    expect((await ledger.list({}, null, 1)).events).toMatchObject([{ lastError: `Error: no ${rounds}` }]);
    expect(record?.tries).toHaveLength(MAX_TRIES_KEPT);
    expect(record?.tries[0]?.error).toBe('Error: no 4');
    for (const each of record?.tries ?? [])
      expect(new Set(Object.keys(each))).toEqual(new Set(['at', 'error', 'ms', 'outcome', 'run', 'attempt']));
    expect(record?.tries.slice(-1)).toMatchObject([{ run: 3, attempt: MAX_STARTS }]);
    expect(JSON.stringify(record?.tries)).not.toContain('4711');
  });
});
