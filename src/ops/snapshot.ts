// What overview, stats and metrics all show: the ledger's counts and the queues' backlogs.
import type { Bindings } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { Stats } from '../ledger/stats.ts';
import { BACKLOG_TIMEOUT_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';

export interface Snapshot extends Stats {
  /** Messages waiting in each queue; null where the queue reports no count. */
  readonly backlog: { readonly events: number | null; readonly deadLetters: number | null };
}

export async function takeSnapshot(env: Bindings): Promise<Snapshot> {
  const queues = [backlogOf(env.EVENTS), backlogOf(env.DEAD_LETTERS)] as const;
  const [stats, events, deadLetters] = await Promise.all([openLedger(env).stats(), ...queues]);
  return { ...stats, backlog: { events, deadLetters } };
}

/** Nice to have: where the call fails, hangs or does not exist, the page says "unknown". */
async function backlogOf(queue: Queue): Promise<number | null> {
  try {
    return (await withTimeout(queue.metrics(), BACKLOG_TIMEOUT_MS)).backlogCount;
  } catch (error) {
    log('ops.backlog_unavailable', { error: platformError(error) }, 'warn');
    return null;
  }
}
