// What may happen to an event, as pure functions of its row and the time: no SQL, no clock, no
// chance. "One successful run per event" is decided here and nowhere else.
import { MAX_STARTS } from '../limits.ts';
import type { Claimant, RowState } from './status.ts';

export type ClaimDecision =
  /** Run it. `lost` says that the try before never reported. */
  | { readonly kind: 'run'; readonly lost: boolean }
  /** The same message is being handled elsewhere; come back at `until` (ms since the epoch). */
  | { readonly kind: 'busy'; readonly until: number }
  /** Done, given up, or in another message's custody: nothing is left to do for this one. */
  | { readonly kind: 'duplicate' }
  /** Given up: started as often as it may be. `again`: by this claim, whose answer got lost. */
  | { readonly kind: 'dead'; readonly again: boolean };

/** Whether a message may run its event. */
export function decideClaim(row: RowState | undefined, by: Claimant, now: number): ClaimDecision {
  if (row === undefined) return { kind: 'run', lost: false };
  switch (row.status) {
    case 'quarantined':
      return { kind: 'run', lost: false };
    case 'queued':
      return isWornOut(row) ? { kind: 'dead', again: false } : { kind: 'run', lost: false };
    case 'processing':
      // Our own claim, asked for again because its answer got lost on the way.
      if (isBy(row, by)) return { kind: 'run', lost: false };
      if (now >= row.leaseUntil) return isWornOut(row) ? { kind: 'dead', again: false } : { kind: 'run', lost: true };
      return row.holder === by.messageId ? { kind: 'busy', until: row.leaseUntil } : { kind: 'duplicate' };
    case 'retrying':
      if (row.holder !== by.messageId) return { kind: 'duplicate' };
      return isWornOut(row) ? { kind: 'dead', again: false } : { kind: 'run', lost: false };
    case 'dead':
      // Whoever gave it up by claiming it, and did not hear so, has to tell of it.
      return isBy(row, by) && isWornOut(row) ? { kind: 'dead', again: true } : { kind: 'duplicate' };
    case 'processed':
      return { kind: 'duplicate' };
  }
}

function isWornOut(row: RowState): boolean {
  return row.attempts >= MAX_STARTS;
}

function isBy(row: RowState, by: Claimant): boolean {
  return row.claim === by.claim && row.holder === by.messageId;
}

type SettleDecision =
  | { readonly kind: 'record' }
  /** Already recorded: the answer to an earlier call got lost. */
  | { readonly kind: 'known' }
  /** No longer this claim's to say. */
  | { readonly kind: 'stale' };

/**
 * What a report changes. A success counts however late it comes, a failure only from the claim that
 * still holds the row: else it would take the event away from whoever runs it now.
 */
export function decideSettle(
  row: RowState | undefined,
  by: Claimant & { readonly run: number },
  outcome: 'processed' | 'retrying' | 'dead',
): SettleDecision {
  if (row === undefined || row.run !== by.run) return { kind: 'stale' };
  if (outcome === 'processed') {
    if (row.status !== 'processed') return { kind: 'record' };
    return row.claim === by.claim ? { kind: 'known' } : { kind: 'stale' };
  }
  if (!isBy(row, by)) return { kind: 'stale' };
  if (row.status === 'processing') return { kind: 'record' };
  return row.status === outcome ? { kind: 'known' } : { kind: 'stale' };
}

export type BuryDecision =
  /** This message had custody and has used up its tries. */
  | { readonly kind: 'dead' }
  /** As far as anybody knows no handler has run for it: it goes back into the main queue. */
  | { readonly kind: 'requeue' }
  | { readonly kind: 'busy'; readonly until: number }
  /** Finished, or in another message's custody. */
  | { readonly kind: 'drop' };

/**
 * What to do with an event whose message has used up its deliveries. A grant that nobody reported
 * may never have reached its consumer, so it does not count as a run, unless there were as many as
 * a message has deliveries: then the handler takes its consumer down.
 */
export function decideBury(row: RowState | undefined, messageId: string, now: number): BuryDecision {
  if (row === undefined) return { kind: 'requeue' };
  switch (row.status) {
    case 'quarantined':
    case 'queued':
      return { kind: 'requeue' };
    case 'processing':
      if (row.holder !== messageId) return { kind: 'drop' };
      if (now < row.leaseUntil) return { kind: 'busy', until: row.leaseUntil };
      return isWornOut(row) ? { kind: 'dead' } : { kind: 'requeue' };
    case 'retrying':
      return row.holder === messageId ? { kind: 'dead' } : { kind: 'drop' };
    case 'processed':
    case 'dead':
      return { kind: 'drop' };
  }
}

/** `reopen`: send it, as the next run. */
type ReopenDecision = { readonly kind: 'reopen' } | { readonly kind: 'refuse'; readonly reason: ReopenRefusal };

export type ReopenRefusal =
  | 'unknown_event'
  | 'being_processed'
  | 'already_queued'
  | 'not_an_event'
  /** It can be read by now, and a copy of it has been processed. */
  | 'already_processed';

/** Whether an operator may run an event again. `hasEvent`: its row holds an envelope. */
export function decideReopen(row: RowState | undefined, hasEvent: boolean, now: number): ReopenDecision {
  if (row === undefined) return { kind: 'refuse', reason: 'unknown_event' };
  if (!hasEvent) return { kind: 'refuse', reason: 'not_an_event' };
  switch (row.status) {
    case 'processing':
      return now < row.leaseUntil ? { kind: 'refuse', reason: 'being_processed' } : { kind: 'reopen' };
    case 'queued':
      return { kind: 'refuse', reason: 'already_queued' };
    case 'retrying':
    case 'processed':
    case 'dead':
    case 'quarantined':
      return { kind: 'reopen' };
  }
}

/** Whether a row past its due time should be sent again: only the ones that wait for a message. */
export function decideWatch(row: RowState, now: number): 'resend' | 'leave' {
  switch (row.status) {
    case 'retrying':
    case 'queued':
      return 'resend';
    case 'processing':
      return now >= row.leaseUntil ? 'resend' : 'leave';
    case 'processed':
    case 'dead':
    case 'quarantined':
      return 'leave';
  }
}
