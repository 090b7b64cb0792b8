// Finds rows that should long have moved: their message was lost to a purged queue, an expired
// retention or a bug. Deletes old rows. Its rounds are bounded: it shares the object with claims.
import type { Env } from '../env.ts';
import {
  FINISHED_KEPT_MS,
  LOCAL_WATCH_INTERVAL_MS,
  MAX_STUCK_AFTER_MS,
  REST_INTERVAL_MS,
  RETENTION_MS,
  STUCK_AFTER_MS,
  WATCH_CHARACTERS,
  WATCH_CHUNK,
  WATCH_INTERVAL_MS,
} from '../limits.ts';
import type { Transaction } from './sql.ts';
import type { Row, Store } from './store.ts';
import { decideWatch } from './transitions.ts';
import { WorkingSet } from './working-set.ts';
import { requeued } from './writer.ts';

/** An event to send again, marked `queued` already: if sending fails, a later round repeats it. */
export interface Resend extends Pick<Row, 'id' | 'endpoint' | 'type' | 'receivedAt'> {
  /** The envelope as JSON. */
  readonly event: string;
}

export interface Round {
  readonly resend: readonly Resend[];
  readonly expired: number;
  /** When the next round should come, in milliseconds since the epoch; null for an empty ledger. */
  readonly next: number | null;
}

/** How long after its due time a row counts as stuck, in milliseconds. A local queue forgets. */
export function stuckAfterMs({ LOCAL_DEV }: Env): number {
  return LOCAL_DEV ? LOCAL_WATCH_INTERVAL_MS : STUCK_AFTER_MS;
}

/** Last `seq` whose first try the watchdog has looked at. */
const SWEPT = 'swept_seq';

/**
 * One round. A row counts as stuck `stuckAfter` ms after its due time.
 *
 * @param intervalMs Shortest pause before the next round, unless this one left something to do.
 */
export function watch(
  store: Store,
  transaction: Transaction,
  now: number,
  stuckAfter = STUCK_AFTER_MS,
  intervalMs = WATCH_INTERVAL_MS,
): Round {
  return transaction(() => {
    const swept = sweepFirstTries(store, now, stuckAfter);
    const due = store.due(now, WATCH_CHUNK);
    const rows = new WorkingSet(store, [], now);
    const resend: Resend[] = [];
    let characters = 0;
    let looked = 0;
    for (const row of due) {
      // What is left of a round that carries enough is still due, and found by the next one.
      if (characters >= WATCH_CHARACTERS) break;
      looked += 1;
      const event = decideWatch(row, now) === 'resend' ? store.eventOf(row) : null;
      if (event === null) {
        rows.update(row, { dueAt: row.status === 'processing' ? row.leaseUntil + stuckAfter : null });
        continue;
      }
      characters += event.length;
      // As long as the event has waited: a queue that stands still must not fill up with copies.
      const pause = Math.min(Math.max(now - row.receivedAt, stuckAfter), MAX_STUCK_AFTER_MS);
      rows.update(row, { ...requeued(row, now, stuckAfter), dueAt: now + pause });
      resend.push({ id: row.id, type: row.type, endpoint: row.endpoint, receivedAt: row.receivedAt, event });
    }
    rows.save();
    store.forgetTold(now - FINISHED_KEPT_MS);
    const expired = store.expire(now - RETENTION_MS, now - FINISHED_KEPT_MS, WATCH_CHUNK);
    const full = looked < due.length || [swept, due.length, expired].some((count) => count === WATCH_CHUNK);
    return { resend, expired, next: full ? now + 1_000 : nextRound(store, now, intervalMs) };
  });
}

/**
 * A first try has no due time, which would cost every event an index entry. Instead each new row is
 * looked at once, and gets one if it is still `processing` then.
 */
function sweepFirstTries(store: Store, now: number, stuckAfter: number): number {
  const arrived = store.arrivedAfter(store.mark(SWEPT), WATCH_CHUNK);
  const rows = new WorkingSet(store, [], now);
  for (const row of arrived) {
    if (row.status === 'processing' && row.dueAt === null) rows.update(row, { dueAt: row.leaseUntil + stuckAfter });
  }
  rows.save();
  const last = arrived.at(-1);
  if (last) store.setMark(SWEPT, last.seq);
  return arrived.length;
}

/** When the first row falls due; each one that is unfinished does, or has yet to be swept. */
function nextRound(store: Store, now: number, intervalMs: number): number | null {
  const dueAt = store.due(Number.MAX_SAFE_INTEGER, 1)[0]?.dueAt;
  if (dueAt) return Math.min(Math.max(dueAt, now + intervalMs), now + REST_INTERVAL_MS);
  return store.lastSeq() > 0 ? now + REST_INTERVAL_MS : null;
}
