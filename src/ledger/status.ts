// The words of the ledger.

/**
 * What has become of an event.
 *
 * - `processing`: a consumer holds it on a lease.
 * - `retrying`: its last try failed; the message that holds it comes back.
 * - `processed`: its handler succeeded.
 * - `dead`: its handler failed for good; only a replay runs it again.
 * - `quarantined`: kept but never run: refused at the edge although genuine, or unreadable in the
 *   queue.
 * - `queued`: sent again, by a replay or the watchdog; whichever message comes first may take it.
 */
export type Status = (typeof statuses)[number];

/** Those that may need a person, the most urgent first. */
export const troubles = ['dead', 'quarantined', 'retrying'] as const;

/** All, in the order of who needs a person. */
export const statuses = [...troubles, 'queued', 'processing', 'processed'] as const;

/** Who asks: one delivery of one queue message to one consumer. */
export interface Claimant {
  /** The queue's id of the message, which has custody whoever handles it. */
  readonly messageId: string;
  /** One consumer invocation. Tells two deliveries of the same message apart. */
  readonly claim: string;
}

/** The part of a row that decides what may happen to it next. */
export interface RowState {
  readonly status: Status;
  /** Counts the replays. Reports about an earlier run are ignored. */
  readonly run: number;
  /** The message that has custody, while there is one. */
  readonly holder: string | null;
  readonly claim: string | null;
  /** Milliseconds since the epoch; meaningful while `processing`. */
  readonly leaseUntil: number;
  /** How often this run has been granted to a consumer. */
  readonly attempts: number;
}
