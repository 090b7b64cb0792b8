// What the consumer and the ledger say to each other. Plain data: it crosses an RPC border.
import type { NewDelivery } from './store.ts';

/** One message that asks whether it may run its event. */
export interface ClaimRequest extends Omit<NewDelivery, 'refusal'> {
  readonly messageId: string;
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
  | { readonly kind: 'duplicate' }
  /** Its handler has been started as often as it may: given up by this very call. */
  | Dead;

/** The right to run an event. */
export type Grant = Extract<ClaimAnswer, { kind: 'run' }>;

interface Dead {
  readonly kind: 'dead';
  readonly attempts: number;
  /** The last error, as kept. */
  readonly error: string;
}

/** What became of one granted run. */
export interface Report {
  readonly messageId: string;
  /** Missing in calls of a Worker from before an event was its endpoint and its id. */
  readonly endpoint?: string;
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

/** The endpoint of what could not be read in the queue. */
export const UNREADABLE_MESSAGE_ENDPOINT = 'queue';

/** A delivery refused at the edge although genuine, or a message that could not be read. */
export interface QuarantineRequest extends NewDelivery {
  /** Missing in calls of a Worker that told nobody of what it kept. */
  readonly messageId?: string;
  readonly refusal: string;
}

/** Whom to tell of a delivery that has been kept. */
export type QuarantineAnswer =
  | { readonly kind: 'tell' }
  /** One line for all that were kept in the last hour without being told one by one. */
  | { readonly kind: 'tell_count'; readonly count: number }
  /** Told already, or part of a count. */
  | { readonly kind: 'known' };

/** A message that has used up its tries, and the event in it. */
export type BuryRequest = Pick<Report, 'messageId' | 'endpoint' | 'id'>;

export type BuryAnswer =
  | Dead
  | { readonly kind: 'requeue' }
  | { readonly kind: 'busy'; readonly until: number }
  | { readonly kind: 'drop' };
