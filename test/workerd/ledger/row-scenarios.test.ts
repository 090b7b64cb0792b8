// The figures by which `npm run cost` counts rows are workerd's own.
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { Arrivals } from '../../../src/ledger/arrivals.ts';
import type { Transaction } from '../../../src/ledger/sql.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { rowScenarios } from '../../cost/row-scenarios.ts';
import { newLedger } from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';

test.each(rowScenarios)('$step writes $rows rows', async ({ rows, before, act }) => {
  const written = await runInDurableObject(newLedger(), (_, { storage }) => {
    const sql = new MeteredSql(storage.sql);
    const transaction: Transaction = (work) => storage.transactionSync(work);
    const store = new Store(sql);
    const parts = { ledger: new Writer(store, transaction), store, arrivals: new Arrivals(sql), transaction };
    for (const step of before) step(parts);
    sql.rowsWritten();
    act(parts);
    return sql.rowsWritten();
  });
  expect(written).toBe(rows);
});
