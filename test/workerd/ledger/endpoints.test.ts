// An event is its endpoint and its id; and callers of before that was so still find theirs.
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Row, Store } from '../../../src/ledger/store.ts';
import { WorkingSet } from '../../../src/ledger/working-set.ts';
import { sampleEvent } from '../consumer/sample-event.ts';
import { collectConsole } from '../fakes/console.ts';
import { claimRequest, failure, newLedger, quarantineRequest, report, sendThrough, sentEvent, T0 } from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The message `m@<endpoint>` with the event `shared` of that endpoint. */
function at(endpoint: string) {
  const event = sampleEvent({ id: 'shared', endpoint, data: { message: `for ${endpoint}` } });
  return claimRequest('shared', { messageId: `m@${endpoint}`, endpoint, event: JSON.stringify(event) });
}

describe('one id at two endpoints', () => {
  test('is two events, each run and settled by itself', async () => {
    const ledger = newLedger();
    const answers = await ledger.claim('c1', [at('default'), at('host')]);
    expect(answers.map(({ kind }) => kind)).toEqual(['run', 'run']);
    const done = report('shared', { messageId: 'm@host', endpoint: 'host' });
    const failed = failure('shared', { messageId: 'm@default', endpoint: 'default' });
    expect(await ledger.settle('c1', [done, failed])).toEqual([true, true]);
    expect(await ledger.get('shared', 'host')).toMatchObject({ status: 'processed', event: { endpoint: 'host' } });
    expect(await ledger.get('shared', 'default')).toMatchObject({ status: 'retrying', event: { endpoint: 'default' } });
    expect(await ledger.get('shared', 'other')).toBeNull();
  });

  test('is listed, replayed, buried and kept by endpoint', async () => {
    const ledger = newLedger();
    const sent: string[] = [];
    await sendThrough(ledger, async (text) => void sent.push(sentEvent(text).endpoint));
    await ledger.claim('c1', [at('default'), at('host')]);
    const reports = ['default', 'host'].map((endpoint) => failure('shared', { messageId: `m@${endpoint}`, endpoint }));
    await ledger.settle('c1', reports);
    expect(await ledger.bury([{ messageId: 'm@host', endpoint: 'host', id: 'shared' }])).toMatchObject([
      { kind: 'dead' },
    ]);
    expect((await ledger.list({ status: 'dead' }, null, 9)).events).toMatchObject([{ endpoint: 'host' }]);
    expect(await ledger.replay(['shared'], 'host')).toEqual([{ endpoint: 'host', id: 'shared', kind: 'queued' }]);
    expect(sent).toEqual(['host']);
    expect(await ledger.get('shared', 'default')).toMatchObject({ status: 'retrying' });
    await ledger.quarantine([quarantineRequest('shared', { endpoint: 'third' })]);
    expect(await ledger.get('shared', 'third')).toMatchObject({ status: 'quarantined' });
  });
});

describe('an older Worker, which names no endpoint', () => {
  test('settles and buries the event that its message holds', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [at('default'), at('host')]);
    const { endpoint: _, ...unnamed } = failure('shared', { messageId: 'm@host' });
    expect(await ledger.settle('c1', [unnamed])).toEqual([true]);
    expect(await ledger.get('shared', 'host')).toMatchObject({ status: 'retrying' });
    expect(await ledger.get('shared', 'default')).toMatchObject({ status: 'processing' });
    expect(await ledger.bury([{ messageId: 'm@host', id: 'shared' }])).toMatchObject([{ kind: 'dead' }]);
    expect(await ledger.get('shared', 'host')).toMatchObject({ status: 'dead' });
  });

  test('finds the only event of an id, and else the one of the default endpoint', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [at('host')]);
    expect(await ledger.get('shared')).toMatchObject({ endpoint: 'host' });
    await ledger.claim('c1', [at('default')]);
    expect(await ledger.get('shared')).toMatchObject({ endpoint: 'default' });
  });

  test('keeps a delivery without saying by which message, and tells nobody of it', async () => {
    const ledger = newLedger();
    const { messageId: _, ...unnamed } = quarantineRequest('a');
    expect(await ledger.quarantine([unnamed])).toEqual([{ kind: 'known' }]);
    expect(await ledger.get('a')).toMatchObject({ status: 'quarantined' });
  });
});

describe('a genuine delivery under the id of one that was kept', () => {
  test('is what its row holds from then on: page, replay and watchdog see what the handler saw', async () => {
    const ledger = newLedger();
    const sent: unknown[] = [];
    await sendThrough(ledger, async (text) => void sent.push(sentEvent(text).data));
    const old = sampleEvent({ id: 'a', type: 'low_credit', data: { message: 'old' } });
    await ledger.quarantine([quarantineRequest('a', { type: 'low_credit', event: JSON.stringify(old) })]);
    const fresh = sampleEvent({ id: 'a', data: { message: 'new' } });
    const [answer] = await ledger.claim('c1', [claimRequest('a', { event: JSON.stringify(fresh) })]);
    expect(answer).toMatchObject({ kind: 'run' });
    expect(await ledger.get('a')).toMatchObject({ type: fresh.type, event: fresh });
    await ledger.settle('c1', [report('a', { outcome: 'dead', error: 'Error: no' })]);
    await ledger.replay(['a'], 'default');
    expect(sent).toEqual([{ message: 'new' }]);
  });

  test('leaves the kept body and headers to be looked at', async () => {
    const ledger = newLedger();
    await ledger.quarantine([quarantineRequest('a')]);
    await ledger.claim('c1', [claimRequest('a')]);
    expect(await ledger.get('a')).toMatchObject({ refusal: { body: 'e30=' } });
  });

  test('costs no row where it is the same', async () => {
    const ledger = newLedger();
    await ledger.claim('c1', [claimRequest('a')]);
    const written = await runInDurableObject(ledger, (_, { storage }) => {
      const sql = new MeteredSql(storage.sql);
      return ['new', 'new', 'newer'].map((event) => {
        const key = { endpoint: 'default', id: 'a' };
        const rows = new WorkingSet(new Store(sql), [key], T0);
        rows.setEvent(rows.row(key) as Row, event);
        rows.save();
        return sql.rowsWritten();
      });
    });
    expect(written).toEqual([1, 0, 1]);
  });
});
