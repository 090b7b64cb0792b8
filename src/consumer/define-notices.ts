// The types of the user's notices.
import type { DeadEvent, KeptDelivery } from '../event/news.ts';
import type { HandlerContext } from './define-handlers.ts';

/** Each is tried once and has 15 s. A failure is logged: the ledger and the log have the news. */
export interface Notices {
  /** Of all events that were given up together, at least one. */
  readonly dead: (events: readonly DeadEvent[], context: HandlerContext) => unknown;
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
