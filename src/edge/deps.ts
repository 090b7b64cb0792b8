import type { Bindings } from '../env.ts';
import type { Log } from '../log.ts';

/** Everything that receiving one delivery needs from outside. */
export interface ReceiveDeps {
  readonly bindings: Pick<Bindings, 'SEEN' | 'EVENTS' | 'DEAD_LETTERS'>;
  readonly endpoint: string;
  /** The endpoint's live secrets; empty while it is not configured. */
  readonly secrets: readonly string[];
  /** While a rotation is under way, a mismatch may be our own lag. */
  readonly rotating: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly log: Log;
  /** Keeps the request alive for work after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}
