// Compares what was promised with what the ledger has. No I/O.

/**
 * What the ledger must say of an id. What is to be absent (a forgery) is expected by not being
 * named.
 */
export type Promised = 'processed' | 'quarantined';

/** A row of the ledger, as far as it matters here. */
export interface LedgerRow {
  readonly id: string;
  readonly status: string;
  /** How often the event's handler was started. */
  readonly attempts: number;
}

export interface Reconciliation {
  /** Accepted events whose handler ran once and succeeded. */
  readonly processedOnce: number;
  readonly quarantined: number;
  /** Accepted, and the ledger does not have it: lost. */
  readonly missing: readonly string[];
  /** Accepted and processed, but not at the first start of its handler. */
  readonly startedAgain: readonly string[];
  /** In another status than promised. */
  readonly unlike: readonly string[];
  /** In the ledger although nothing genuine was sent under this id. */
  readonly foreign: readonly string[];
}

/**
 * @param rows May name an id twice (refused first and accepted later): the ledger has one state of
 * it.
 */
export function reconcile(promised: ReadonlyMap<string, Promised>, rows: readonly LedgerRow[]): Reconciliation {
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing: string[] = [];
  const startedAgain: string[] = [];
  const unlike: string[] = [];
  let processedOnce = 0;
  let quarantined = 0;
  for (const [id, promise] of promised) {
    const row = found.get(id);
    if (row === undefined) missing.push(id);
    else if (row.status !== promise) unlike.push(id);
    else if (promise === 'quarantined') quarantined += 1;
    else if (row.attempts !== 1) startedAgain.push(id);
    else processedOnce += 1;
  }
  const foreign = [...found.keys()].filter((id) => !promised.has(id));
  return { processedOnce, quarantined, missing, startedAgain, unlike, foreign };
}

/** Whether every promise was kept and nothing else is there. */
export function isReconciled({ missing, startedAgain, unlike, foreign }: Reconciliation): boolean {
  return missing.length + startedAgain.length + unlike.length + foreign.length === 0;
}
