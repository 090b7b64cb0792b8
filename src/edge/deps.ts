import type { LATE_EVENTS } from '../limits.ts';
import type { SeenIds } from './seen-ids.ts';

/** Everything that receiving one delivery needs from outside. */
export interface ReceiveDeps {
  readonly events: Queue;
  readonly deadLetters: Queue;
  /** What this endpoint has queued or kept already. */
  readonly seen: SeenIds;
  readonly endpoint: string;
  /** The endpoint's live secrets; empty while it is not configured. */
  readonly secrets: readonly string[];
  /** Whether a rotation is under way: a mismatch may then be our own lag. */
  readonly rotating: boolean;
  readonly lateEvents: typeof LATE_EVENTS;
  /** Milliseconds since the epoch. Read once the body has arrived, which may take its time. */
  readonly clock: () => number;
  /** Keeps the request alive for work after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}
