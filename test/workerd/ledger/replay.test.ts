// Running an event again because an operator asked: what is refused, what is undone, and that
// nobody speaks for two runs.
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { Store } from '../../../src/ledger/store.ts';
import { type Reopened, Writer } from '../../../src/ledger/writer.ts';
import { LEASE_MS, STUCK_AFTER_MS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import {
  claimRequest,
  eventOf,
  failure,
  newLedger,
  quarantineRequest,
  report,
  sendThrough,
  sentEvent,
  T0,
} from './fixtures.ts';

const send = vi.fn<(text: string, object: EventLedger) => Promise<void>>();
let ledger: ReturnType<typeof newLedger>;
let logged: ReturnType<typeof collectConsole>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  logged = collectConsole();
  send.mockReset().mockResolvedValue();
  ledger = newLedger();
  await sendThrough(ledger, send);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An event that has been claimed once and has come to this. */
async function settled(outcome: 'processed' | 'retrying' | 'dead', steps: string[] = []) {
  await ledger.claim('c1', [claimRequest('a')]);
  await ledger.settle('c1', [outcome === 'processed' ? report('a', { steps }) : failure('a', { outcome, steps })]);
}

const REPLAYED = [{ endpoint: 'default', id: 'a', kind: 'queued' }];

describe('a replay', () => {
  test.each(['processed', 'retrying', 'dead'] as const)('of an event that is %s sends it again', async (outcome) => {
    await settled(outcome);
    expect(await ledger.replay(['a'])).toEqual(REPLAYED);
    expect(send.mock.calls.map(([text]) => sentEvent(text))).toEqual([eventOf('a')]);
    expect(await ledger.get('a')).toMatchObject({ status: 'queued', run: 2, attempts: 0, dueAt: T0 + STUCK_AFTER_MS });
  });

  test('is run by whichever message comes first, with its tries counted anew', async () => {
    await settled('dead');
    await ledger.replay(['a']);
    const [first, second] = [claimRequest('a', { messageId: 'new' }), claimRequest('a', { messageId: 'newer' })];
    const granted = { kind: 'run', run: 2, attempt: 1, steps: [] };
    expect(await ledger.claim('c2', [first, second])).toEqual([granted, { kind: 'duplicate' }]);
    expect(await ledger.settle('c2', [report('a', { messageId: 'new', run: 2 })])).toEqual([true]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processed', tries: [{ outcome: 'failed' }, {}] });
  });

  test('of a quarantined delivery that could be read runs it', async () => {
    await ledger.quarantine([quarantineRequest('a')]);
    expect(await ledger.replay(['a'])).toEqual(REPLAYED);
    expect(sentEvent(send.mock.calls[0]?.[0])).toEqual(eventOf('a'));
    expect(await ledger.claim('c1', [claimRequest('a', { messageId: 'new' })])).toMatchObject([
      { kind: 'run', run: 2 },
    ]);
  });

  test('of a dead event repeats only the steps that have not succeeded', async () => {
    await settled('dead', ['slack']);
    await ledger.replay(['a']);
    expect(await ledger.claim('c2', [claimRequest('a')])).toMatchObject([{ steps: ['slack'] }]);
  });

  test('of a processed event repeats every step', async () => {
    await settled('processed', ['slack']);
    await ledger.replay(['a']);
    expect(await ledger.claim('c2', [claimRequest('a')])).toMatchObject([{ steps: [] }]);
  });

  test('answers for each event by itself', async () => {
    await settled('dead');
    await ledger.claim('c2', [claimRequest('b')]);
    await ledger.quarantine([quarantineRequest('unreadable', { event: null })]);
    expect(await ledger.replay(['missing', 'a', 'b', 'unreadable', 'a'])).toEqual([
      { endpoint: 'default', id: 'missing', kind: 'refused', reason: 'unknown_event' },
      { endpoint: 'default', id: 'a', kind: 'queued' },
      { endpoint: 'default', id: 'b', kind: 'refused', reason: 'being_processed' },
      { endpoint: 'default', id: 'unreadable', kind: 'refused', reason: 'not_an_event' },
      { endpoint: 'default', id: 'a', kind: 'refused', reason: 'already_queued' },
    ]);
    expect(send).toHaveBeenCalledTimes(1);
    // Only what was sent.
    expect(logged.events()).toEqual([{ event: 'event.replayed', endpoint: 'default', id: 'a' }]);
  });

  test('of an event whose consumer is gone is taken once its lease is over', async () => {
    await ledger.claim('c1', [claimRequest('a')]);
    vi.setSystemTime(T0 + LEASE_MS);
    expect(await ledger.replay(['a'])).toEqual(REPLAYED);
  });
});

describe('a report about the run before a replay', () => {
  test.each(['processed', 'retrying', 'dead'] as const)('that it ended %s changes nothing', async (outcome) => {
    const late = report('a', { outcome, error: 'Error: late', retryAt: T0 + LEASE_MS });
    await ledger.claim('c1', [claimRequest('a')]);
    vi.setSystemTime(T0 + LEASE_MS);
    await ledger.replay(['a']);
    expect(await ledger.settle('c1', [late])).toEqual([false]);
    expect(await ledger.get('a')).toMatchObject({ status: 'queued', run: 2, tries: [{ outcome: 'lost' }] });
    await ledger.claim('c2', [claimRequest('a', { messageId: 'new' })]);
    expect(await ledger.settle('c1', [late])).toEqual([false]);
    expect(await ledger.get('a')).toMatchObject({ status: 'processing', run: 2, tries: [{ outcome: 'lost' }] });
  });
});

describe('a replay that cannot be sent', () => {
  const REFUSAL = 'Queue overloaded (10250)';
  beforeEach(() => {
    send.mockRejectedValue(new Error(REFUSAL));
  });
  const FAILED = [{ endpoint: 'default', id: 'a', kind: 'failed', error: REFUSAL }];

  test.each(['processed', 'retrying', 'dead'] as const)('leaves the event %s, as it was', async (outcome) => {
    await settled(outcome);
    const { run: _counted, ...before } = (await ledger.get('a')) ?? { run: 0 };
    expect(await ledger.replay(['a'])).toEqual(FAILED);
    expect(await ledger.get('a')).toMatchObject(before);
  });

  test('leaves a retrying event in the custody of its message', async () => {
    await settled('retrying');
    await ledger.replay(['a']);
    const copy = claimRequest('a', { messageId: 'copy' });
    expect(await ledger.claim('c2', [copy, claimRequest('a')])).toMatchObject([{ kind: 'duplicate' }, { kind: 'run' }]);
  });

  test('is taken up again by the next step, where many are replayed', async () => {
    await settled('dead');
    const { answers, cursor } = await ledger.replayMany({ status: 'dead' }, null, 10);
    expect(answers).toEqual(FAILED);
    send.mockResolvedValue();
    expect(await ledger.replayMany({ status: 'dead' }, cursor, 10)).toEqual({ answers: REPLAYED, cursor: null });
  });

  test('does not take the event from a message that has claimed it in the meantime', async () => {
    await settled('dead');
    // The queue took the message although it answered with an error.
    send.mockImplementation(async (_, object) => {
      await object.claim('c2', [claimRequest('a', { messageId: 'new' })]);
      throw new Error(REFUSAL);
    });
    expect(await ledger.replay(['a'])).toEqual(FAILED);
    expect(await ledger.get('a')).toMatchObject({ status: 'processing', run: 2 });
  });
});

/**
 * The writer on its own, inside its object: between reopening and undoing, anything may have
 * happened.
 */
function withWriter(work: (writer: Writer, store: Store) => void) {
  return runInDurableObject(newLedger(), (_, { storage }) => {
    const store = new Store(storage.sql);
    work(new Writer(store, (inside) => storage.transactionSync(inside)), store);
  });
}
const KEY = { endpoint: 'default', id: 'a' };

function reopen(writer: Writer, now: number): Reopened {
  const reopened = writer.reopen(KEY, now);
  if (reopened.kind === 'refused') throw new Error(reopened.reason);
  return reopened;
}

test('a replay that is undone late does not touch the run of a later replay', () =>
  withWriter((writer, store) => {
    writer.claim('c1', [claimRequest('a')], T0);
    writer.settle('c1', [report('a')], T0);
    const first = reopen(writer, T0);
    writer.claim('c2', [claimRequest('a', { messageId: 'second' })], T0);
    writer.settle('c2', [report('a', { messageId: 'second', run: 2 })], T0);
    reopen(writer, T0);
    writer.undoReopen(first, T0);
    expect(store.row(KEY)).toMatchObject({ status: 'queued', run: 3 });
  }));

test('a replay that is undone leaves a first try as it was, but now with a due time', () =>
  withWriter((writer, store) => {
    writer.claim('c1', [claimRequest('a')], T0);
    const reopened = reopen(writer, T0 + LEASE_MS);
    writer.undoReopen(reopened, T0 + LEASE_MS);
    const changed = { dueAt: T0 + LEASE_MS + STUCK_AFTER_MS, updatedAt: T0 + LEASE_MS };
    expect(store.row(KEY)).toEqual({ ...reopened.before, ...changed });
  }));
