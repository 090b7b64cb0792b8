// What the consumer and the ledger say to each other. Plain data: it crosses an RPC border.

/** One message that asks whether it may run its event. */
export interface ClaimRequest {
  readonly messageId: string;
  readonly id: string;
  readonly type: string;
  readonly endpoint: string;
  /** When the edge accepted it, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The envelope as JSON. */
  readonly event: string;
}

export type ClaimAnswer =
  | {
      readonly kind: 'run';
      /** Counts the replays; hand it back when settling. */
      readonly run: number;
      /** How often the event has been tried in this run, counting this one. */
      readonly attempt: number;
      /** The `once` steps that have already succeeded. */
      readonly steps: readonly string[];
    }
  | { readonly kind: 'busy'; readonly until: number }
  | { readonly kind: 'duplicate' };

/** What became of one granted run. */
export interface Report {
  readonly messageId: string;
  readonly id: string;
  readonly run: number;
  readonly outcome: 'processed' | 'retrying' | 'dead';
  /** How long the handler took, in milliseconds. */
  readonly ms: number;
  readonly error?: string;
  /** When the message comes back, in milliseconds since the epoch; with `retrying`. */
  readonly retryAt?: number;
  /** The `once` steps that succeeded in this run. */
  readonly steps: readonly string[];
}

/** A delivery refused at the edge although genuine, or a message that could not be read. */
export interface QuarantineRequest {
  readonly id: string;
  readonly type: string;
  readonly endpoint: string;
  readonly receivedAt: number;
  readonly event: string | null;
  readonly refusal: string;
}

/** A message that has used up its tries, and the event in it. */
export interface BuryRequest {
  readonly messageId: string;
  readonly id: string;
}

export type BuryAnswer =
  | { readonly kind: 'dead'; readonly attempts: number; readonly error: string }
  | { readonly kind: 'requeue' }
  | { readonly kind: 'busy'; readonly until: number }
  | { readonly kind: 'drop' };
