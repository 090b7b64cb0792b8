// What the overview, the stats and the metrics all show: the ledger's counts and the queues' backlog.
import type { Bindings } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { Stats } from '../ledger/stats.ts';
import { BACKLOG_TIMEOUT_MS } from '../limits.ts';
import { type Log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';

export interface Backlog {
  /** Messages that wait, or null where the queue would not tell. */
  readonly events: number | null;
  readonly deadLetters: number | null;
}

export interface Snapshot extends Stats {
  readonly backlog: Backlog;
}

export async function takeSnapshot(
  bindings: Pick<Bindings, 'LEDGER' | 'EVENTS' | 'DEAD_LETTERS'>,
  log: Log,
): Promise<Snapshot> {
  const [stats, events, deadLetters] = await Promise.all([
    openLedger(bindings).stats(),
    backlogOf(bindings.EVENTS, log),
    backlogOf(bindings.DEAD_LETTERS, log),
  ]);
  return { ...stats, backlog: { events, deadLetters } };
}

/** Counting is the queue's courtesy: where it fails, hangs or is not offered, the page says "unknown" and goes on. */
async function backlogOf(queue: Queue, log: Log): Promise<number | null> {
  try {
    return (await withTimeout(queue.metrics(), BACKLOG_TIMEOUT_MS)).backlogCount;
  } catch (error) {
    log('ops.backlog_unavailable', { error: platformError(error) }, 'warn');
    return null;
  }
}
