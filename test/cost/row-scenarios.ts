// What each step of an event's life writes, as workerd reports it (`rowsWritten`).
// test/ledger/row-scenarios.test.ts holds these figures against workerd, and
// test/cost/row-meter.test.ts holds the meter that works without workerd against them.

import type { Arrivals } from '../../src/ledger/arrivals.ts';
import type { Report } from '../../src/ledger/protocol.ts';
import type { Transaction } from '../../src/ledger/sql.ts';
import type { Store } from '../../src/ledger/store.ts';
import { watch } from '../../src/ledger/watchdog.ts';
import type { Writer } from '../../src/ledger/writer.ts';
import { RETENTION_MS } from '../../src/limits.ts';

/** Rows that the feed reads to say that nothing is left: test/workerd/ledger/feed.test.ts. */
export const ROWS_OF_EMPTY_PAGE = 2;

const NOW = Date.UTC(2026, 10, 20);

export interface LedgerParts {
  readonly ledger: Writer;
  readonly store: Store;
  readonly arrivals: Arrivals;
  readonly transaction: Transaction;
}

export interface RowScenario {
  readonly step: string;
  readonly rows: number;
  /** Brings the ledger to where the step begins. */
  readonly before: readonly ((parts: LedgerParts) => unknown)[];
  readonly act: (parts: LedgerParts) => unknown;
}

const request = { messageId: 'm', id: 'e', type: 'outbid', endpoint: 'default', receivedAt: NOW, event: '{}' };
const claim = ({ ledger }: LedgerParts) => ledger.claim('c', [request], NOW);
const report = (outcome: Report['outcome']): Report => {
  const about = { messageId: 'm', id: 'e', run: 1, outcome, ms: 1, steps: [] };
  return outcome === 'processed' ? about : { ...about, error: 'Error: no', retryAt: NOW };
};
const settle = (outcome: Report['outcome']) => (parts: LedgerParts) => parts.ledger.settle('c', [report(outcome)], NOW);
const quarantine = ({ ledger }: LedgerParts) =>
  ledger.quarantine([{ ...request, refusal: '{"reason":"timestamp_stale"}' }], NOW);
const anotherClaim = ({ ledger }: LedgerParts) => ledger.claim('d', [{ ...request, messageId: 'n', id: 'f' }], NOW);
const count = ({ arrivals }: LedgerParts) => arrivals.keepUp(NOW);
const round = (now: number) => (parts: LedgerParts) => watch(parts.store, parts.transaction, now);

export const rowScenarios: readonly RowScenario[] = [
  { step: 'first claim', rows: 2, before: [], act: claim },
  { step: 'success', rows: 1, before: [claim], act: settle('processed') },
  { step: 'failure that is retried', rows: 3, before: [claim], act: settle('retrying') },
  { step: 'claim of a retry', rows: 2, before: [claim, settle('retrying')], act: claim },
  { step: 'success of a retry', rows: 1, before: [claim, settle('retrying'), claim], act: settle('processed') },
  { step: 'failure for good', rows: 2, before: [claim], act: settle('dead') },
  { step: 'quarantine', rows: 3, before: [], act: quarantine },
  { step: 'claim of a copy', rows: 0, before: [claim, settle('processed')], act: claim },
  { step: "the watchdog's first look", rows: 1, before: [claim, settle('processed')], act: round(NOW) },
  { step: 'the first count', rows: 1, before: [claim], act: count },
  { step: 'a later count', rows: 1, before: [claim, count, anotherClaim], act: count },
  { step: 'a count with nothing new', rows: 0, before: [claim, count], act: count },
  { step: 'expiry', rows: 3, before: [claim, settle('processed'), round(NOW)], act: round(NOW + 2 * RETENTION_MS) },
];
