// What the ledger costs and what survives: rows written, migrations, restarts.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { migrate } from '../../../src/ledger/schema.ts';
import type { Sql, Transaction } from '../../../src/ledger/sql.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { claimRequest, eventOf, newLedger, quarantineRequest, report } from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';

/** Runs `work` on the ledger's own code and storage, inside its object, with a meter in between. */
function metered<Value>(work: (ledger: Writer, sql: MeteredSql, transaction: Transaction) => Value): Promise<Value> {
  return runInDurableObject(newLedger(), (_, state) => {
    const sql = new MeteredSql(state.storage.sql);
    const transaction: Transaction = (inside) => state.storage.transactionSync(inside);
    return work(new Writer(new Store(sql), transaction), sql, transaction);
  });
}

const NOW = Date.UTC(2026, 10, 20);

test.each([1, 10, 50])('an event that succeeds at first try writes three rows, in a batch of %i', async (size) => {
  const ids = Array.from({ length: size }, (_, index) => `e${index}`);
  const rows = await metered((ledger, sql) => {
    ledger.claim(
      'c1',
      ids.map((id) => claimRequest(id)),
      NOW,
    );
    ledger.settle(
      'c1',
      ids.map((id) => report(id)),
      NOW,
    );
    return sql.rowsWritten();
  });
  expect(rows / size).toBeLessThanOrEqual(3);
  // The meter counts: an event that is stored writes something.
  expect(rows / size).toBeGreaterThanOrEqual(2);
});

test('a duplicate writes nothing', async () => {
  const rows = await metered((ledger, sql) => {
    ledger.claim('c1', [claimRequest('a')], NOW);
    const copies = [claimRequest('a', { messageId: 'copy' })];
    sql.rowsWritten();
    ledger.claim('c2', copies, NOW);
    ledger.settle('c1', [report('a')], NOW);
    const settled = sql.rowsWritten();
    ledger.claim('c3', [...copies, claimRequest('a')], NOW);
    return { settled, duplicates: sql.rowsWritten() };
  });
  expect(rows).toEqual({ settled: 1, duplicates: 0 });
});

test('an object that starts again brings its tables up to date without a write', async () => {
  const rows = await metered((_, sql, transaction) => {
    migrate(sql, transaction);
    return sql.rowsWritten();
  });
  expect(rows).toBe(0);
});

test('a claim survives a restart of the object', async () => {
  const ledger = newLedger();
  await ledger.claim('c1', [claimRequest('a')]);
  const before = await ledger.get('a');
  await evictDurableObject(ledger);
  expect(await ledger.get('a')).toEqual(before);
  expect(await ledger.claim('c2', [claimRequest('a', { messageId: 'copy' })])).toEqual([{ kind: 'duplicate' }]);
  expect(await ledger.settle('c1', [report('a')])).toEqual([true]);
});

test('each migration is applied once, whatever restarts there are', async () => {
  const ledger = newLedger();
  const applied = () =>
    runInDurableObject(ledger, (_, state) => state.storage.sql.exec('SELECT * FROM migrations').toArray());
  const first = await applied();
  await evictDurableObject(ledger);
  expect(await applied()).toEqual(first);
  expect(first.map((row) => row.version)).toEqual(first.map((_, index) => index + 1));
});

test('a migration that fails half-way leaves nothing behind and is applied by the next start', async () => {
  await runInDurableObject(newLedger(), (_, { storage }) => {
    for (const table of ['migrations', 'deliveries', 'events', 'marks', 'tallies', 'told'])
      storage.sql.exec(`DROP TABLE ${table}`);
    const tables = () =>
      storage.sql.exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE name IN ('events', 'marks')`).toArray();
    const transaction: Transaction = (work) => storage.transactionSync(work);
    const failing: Sql = {
      exec: (query, ...bindings) => {
        if (query.includes('CREATE TABLE marks')) throw new Error('out of memory');
        return storage.sql.exec(query, ...bindings);
      },
    };
    expect(() => migrate(failing, transaction)).toThrow('out of memory');
    expect(tables()).toEqual([]);
    migrate(storage.sql, transaction);
    expect(tables()).toHaveLength(2);
  });
});

/** Several portions: the platform takes 2 MB at once, and a message may have 127,000 bytes. */
const large = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    claimRequest(`e${index}`, {
      event: JSON.stringify({ ...eventOf(`e${index}`), data: { text: '"€'.repeat(25_000) } }),
    }),
  );

test('a batch of the largest events is claimed and settled, each as it came', async () => {
  const ledger = newLedger();
  const requests = large(100);
  const answers = await ledger.claim('c1', requests);
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['run']));
  const last = requests.at(-1);
  expect((await ledger.get('e99'))?.event).toEqual(JSON.parse(last?.event ?? ''));
  const settled = await ledger.settle(
    'c1',
    requests.map(({ id }) => report(id)),
  );
  expect(settled).toEqual(requests.map(() => true));
});

test.each(['deliveries', 'events'])(
  'a call that fails between two writes to %s leaves nothing behind',
  async (table) => {
    const ledger = newLedger();
    await ledger.claim('c0', [claimRequest('before')]);
    await runInDurableObject(ledger, (_, { storage }) => {
      let writes = 0;
      const failing: Sql = {
        exec: (query, ...bindings) => {
          if (query.includes(`INTO ${table}`)) writes += 1;
          // The first portion is written.
          if (writes === (table === 'deliveries' ? 2 : 1)) throw new Error('database or disk is full: SQLITE_FULL');
          return storage.sql.exec(query, ...bindings);
        },
      };
      const writer = new Writer(new Store(failing), (work) => storage.transactionSync(work));
      expect(() => writer.claim('c1', large(20), NOW)).toThrow('SQLITE_FULL');
    });
    expect((await ledger.list({}, null, 9)).events.map(({ id }) => id)).toEqual(['before']);
    expect(await ledger.claim('c2', large(20))).toMatchObject(large(20).map(() => ({ kind: 'run', attempt: 1 })));
  },
);

test('one event twice in a batch is decided in order, the second by what the first has changed', async () => {
  const ledger = newLedger();
  const copy = claimRequest('a', { messageId: 'copy' });
  expect(await ledger.claim('c1', [claimRequest('a'), copy])).toMatchObject([{ kind: 'run' }, { kind: 'duplicate' }]);
  expect(await ledger.settle('c1', [report('a'), report('a', { outcome: 'dead', error: 'Error: no' })])).toEqual([
    true,
    false,
  ]);
  expect(await ledger.quarantine([quarantineRequest('q'), quarantineRequest('q', { messageId: 'copy' })])).toEqual([
    { kind: 'tell' },
    { kind: 'known' },
  ]);
  expect(await ledger.stats()).toMatchObject({ total: 2, byStatus: { processed: 1, quarantined: 1 } });
});
