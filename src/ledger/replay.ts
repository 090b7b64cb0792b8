// Running an event again because somebody asked for it: reopen, send, and undo if it could not be sent.

import type { ReopenRefusal } from './transitions.ts';
import type { Ledger } from './writer.ts';

export type ReplayAnswer =
  | { readonly id: string; readonly kind: 'queued' }
  | { readonly id: string; readonly kind: 'refused'; readonly reason: ReopenRefusal }
  | { readonly id: string; readonly kind: 'failed'; readonly error: string };

/** Puts an event into the queue; resolves with the error text where that failed. */
export type Send = (event: { readonly event: string; readonly receivedAt: number }) => Promise<string | undefined>;

/**
 * Replays one event. If everything stops between reopening and sending, the row stays `queued` and the watchdog sends it.
 *
 * @param clock Milliseconds since the epoch.
 */
export async function replay(ledger: Ledger, id: string, clock: () => number, send: Send): Promise<ReplayAnswer> {
  const reopened = ledger.reopen(id, clock());
  if (reopened.kind === 'refused') return { id, kind: 'refused', reason: reopened.reason };
  const error = await send({ event: reopened.event, receivedAt: reopened.before.receivedAt });
  if (error === undefined) return { id, kind: 'queued' };
  ledger.undoReopen(reopened, clock());
  return { id, kind: 'failed', error };
}
