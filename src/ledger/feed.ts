// The feed: every event that has gone to a handler, in the order in which the ledger took it on.
import type { AnyEvent } from '../event/envelope.ts';
import type { Sql } from './sql.ts';
import { BY_ARRIVAL, type EventKey, HAS_RUN, type Row } from './store.ts';

/** An event in its place, as it is at this moment. */
export interface FeedEvent extends EventKey, Pick<Row, 'seq' | 'status'> {
  readonly event: AnyEvent;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Where to go on. Nothing is left for now where it is what was asked for. */
  readonly next: number;
}

/**
 * Events after the place `after`, the oldest first. Reads two rows for each of at most `limit`
 * places, those that were kept aside included: `next` passes them, because they take a new place
 * when they run.
 */
export function readFeed(sql: Sql, after: number, limit: number): FeedPage {
  const query = `SELECT d.seq, e.status, e.endpoint, e.id, d.event, ${HAS_RUN} AS ran FROM ${BY_ARRIVAL}
    WHERE d.seq > ? ORDER BY d.seq LIMIT ?`;
  const places = sql.exec<Omit<FeedEvent, 'event'> & { event: string; ran: number }>(query, after, limit).toArray();
  const events = places
    .filter(({ ran }) => ran)
    .map(({ ran: _, event, ...about }) => ({ ...about, event: JSON.parse(event) as AnyEvent }));
  return { events, next: places.at(-1)?.seq ?? after };
}
