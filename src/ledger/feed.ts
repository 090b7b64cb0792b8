// The feed: every event that has gone to a handler, in the order in which the ledger took it on.
import { FEED_CHARACTERS } from '../limits.ts';
import type { Sql } from './sql.ts';
import { BY_ARRIVAL, HAS_RUN, type Row, type Store } from './store.ts';

/** An event in its place, as it is at this moment. */
export type FeedEvent = Pick<Row, 'seq' | 'status'> & {
  /** The envelope as JSON. */
  readonly event: string;
};

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Where to go on. Nothing is left for now where it is what was asked for. */
  readonly next: number;
}

/**
 * Events after the place `after`, the oldest first, or after that many places before the last one,
 * where it is negative. Reads two rows for each of at most `limit` places, those that were kept
 * aside included: `next` passes them, because they take a new place when they run.
 *
 * @returns null where no place as late as `after` was ever given.
 */
export function readFeed(sql: Sql, store: Store, after: number, limit: number): FeedPage | null {
  const from = after < 0 ? Math.max(store.lastSeq() + after, 0) : after;
  const query = `SELECT d.seq, e.status, d.event, ${HAS_RUN} AS ran FROM ${BY_ARRIVAL}
    WHERE d.seq > ? ORDER BY d.seq LIMIT ?`;
  const events: FeedEvent[] = [];
  let [next, characters] = [from, 0];
  for (const { seq, status, event, ran } of sql.exec<FeedEvent & { ran: number }>(query, from, limit)) {
    if (ran) characters += event.length;
    if (characters > FEED_CHARACTERS && events.length > 0) break;
    if (ran) events.push({ seq, status, event });
    next = seq;
  }
  return next === from && from >= store.nextSeq() ? null : { events, next };
}
