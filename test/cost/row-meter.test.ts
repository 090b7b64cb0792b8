// The meter without workerd agrees with what workerd reports (test/ledger/row-scenarios.test.ts).
import { expect, test } from 'vitest';
import { Arrivals } from '../../src/ledger/arrivals.ts';
import { Store } from '../../src/ledger/store.ts';
import { Writer } from '../../src/ledger/writer.ts';
import { openStorage } from '../simulation/sqlite.ts';
import { RowMeter } from './row-meter.ts';
import { rowScenarios } from './row-scenarios.ts';

test.each(rowScenarios)('$step counts as $rows rows', ({ rows, before, act }) => {
  const { sql, transaction } = openStorage();
  const meter = new RowMeter(sql);
  const store = new Store(sql);
  const parts = { ledger: new Writer(store, transaction), store, arrivals: new Arrivals(sql), transaction };
  for (const step of before) step(parts);
  const start = meter.rows;
  act(parts);
  expect(meter.rows - start).toBe(rows);
});
