// Running an event again because somebody asked for it: reopen, send, and undo if it could not be
// sent.
import type { EventKey } from './store.ts';
import type { ReopenRefusal } from './transitions.ts';
import type { Writer } from './writer.ts';

export type ReplayAnswer = EventKey &
  (
    | { readonly kind: 'queued' }
    | { readonly kind: 'refused'; readonly reason: ReopenRefusal }
    | { readonly kind: 'failed'; readonly error: string }
  );

/** Puts an event into the queue; resolves with the error text where that failed. */
export type Send = (event: { readonly event: string; readonly receivedAt: number }) => Promise<string | undefined>;

/**
 * Replays one event. If everything stops between reopening and sending, the row stays `queued` and
 * the watchdog sends it.
 *
 * @param clock Milliseconds since the epoch.
 */
export async function replay(writer: Writer, key: EventKey, clock: () => number, send: Send): Promise<ReplayAnswer> {
  const { endpoint, id } = key;
  const reopened = writer.reopen(key, clock());
  if (reopened.kind === 'refused') return { endpoint, id, kind: 'refused', reason: reopened.reason };
  const error = await send({ event: reopened.event, receivedAt: reopened.before.receivedAt });
  if (error === undefined) return { endpoint, id, kind: 'queued' };
  writer.undoReopen(reopened, clock());
  return { endpoint, id, kind: 'failed', error };
}
