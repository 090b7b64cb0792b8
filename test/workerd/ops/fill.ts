// Puts events into the tests' ledger, through its own transitions.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import type { Sql, Transaction } from '../../../src/ledger/sql.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { Story } from './mixed-hour.ts';

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
