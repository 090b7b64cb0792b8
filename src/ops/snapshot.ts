// What the overview, the stats and the metrics all show: the ledger's counts and the queues' backlog.
import type { Bindings } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { Stats } from '../ledger/stats.ts';
import { BACKLOG_TIMEOUT_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';

export interface Snapshot extends Stats {
  /** Messages that wait in each queue, or null where it would not tell. */
  readonly backlog: { readonly events: number | null; readonly deadLetters: number | null };
}

export async function takeSnapshot(bindings: Bindings): Promise<Snapshot> {
  const [stats, events, deadLetters] = await Promise.all([
    openLedger(bindings).stats(),
    backlogOf(bindings.EVENTS),
    backlogOf(bindings.DEAD_LETTERS),
  ]);
  return { ...stats, backlog: { events, deadLetters } };
}

/** Counting is the queue's courtesy: where it fails, hangs or is not offered, the page says "unknown" and goes on. */
async function backlogOf(queue: Queue): Promise<number | null> {
  try {
    return (await withTimeout(queue.metrics(), BACKLOG_TIMEOUT_MS)).backlogCount;
  } catch (error) {
    log('ops.backlog_unavailable', { error: platformError(error) }, 'warn');
    return null;
  }
}
