// Puts events into the tests' ledger, through its own transitions.
import { reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import type { Sql, Transaction } from '../../../src/ledger/sql.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { fillMixedHour, Story } from './mixed-hour.ts';

export interface Tools {
  readonly sql: Sql;
  readonly transaction: Transaction;
  readonly story: Story;
  readonly ledger: Writer;
}

/** Runs `work` inside the ledger's object. */
export function inLedger<Value>(work: (tools: Tools) => Value): Promise<Value> {
  return runInDurableObject<EventLedger, Value>(env.LEDGER.getByName('events'), (_, { storage }) => {
    const transaction: Transaction = (inside) => storage.transactionSync(inside);
    const ledger = new Writer(new Store(storage.sql), transaction);
    return work({ sql: storage.sql, transaction, ledger, story: new Story(ledger) });
  });
}

/**
 * An empty deployment with a mixed hour in its ledger. A message that an earlier test left in the
 * queue may claim its event before the ledger is filled: then once more.
 */
export function refill(): Promise<void> {
  const fill = async () => {
    await reset();
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
  };
  return vi.waitFor(fill, { timeout: 120_000 });
}
