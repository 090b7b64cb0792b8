// The types of the user's notices.
import type { HandlerContext } from './define-handlers.ts';

/** An event that only a replay runs again. */
export interface DeadEvent {
  readonly endpoint: string;
  readonly id: string;
  readonly type: string;
  readonly reason: string;
  /** The last error, free of payload and secrets. */
  readonly error: string;
}

/** A genuine delivery that the edge had to refuse, and kept. */
export interface KeptDelivery {
  readonly endpoint: string;
  readonly id: string;
  /** `unreadable` where its body is no event. */
  readonly type: string;
  readonly reason: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** How long before that it was signed, in seconds. */
  readonly ageSeconds?: number | undefined;
}

/** Each is tried once and has 15 s. A failure is logged: the ledger and the log have the news. */
export interface Notices {
  readonly dead: (event: DeadEvent, context: HandlerContext) => unknown;
  /** In place of `dead` for several that died in one batch. */
  readonly manyDead?: (events: readonly DeadEvent[], context: HandlerContext) => unknown;
  readonly quarantined: (delivery: KeptDelivery, context: HandlerContext) => unknown;
  /**
   * In place of `quarantined` from the sixth kept in an hour on, each time their number has
   * doubled. `count`: those of the hour that had no notice of their own.
   */
  readonly manyQuarantined: (count: number, context: HandlerContext) => unknown;
}

/** Checks your notices at compile time; at run time it only hands them back. */
export function defineNotices(notices: Notices): Notices {
  return notices;
}
