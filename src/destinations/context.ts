// What a destination needs of the handler that calls it. A handler's context fits as it is; so does anything else with
// these fields, which is how a dead letter is told without a handler.
import type { DestinationSecrets, Secrets } from '../env.ts';
import type { Log } from '../log.ts';

export interface DestinationContext {
  readonly env: DestinationSecrets & Pick<Secrets, 'OPS_URL'>;
  /** How often this has been tried, counting from 1. */
  readonly attempt: number;
  /** Gives up waiting for an answer when it fires. */
  readonly signal: AbortSignal;
  /** The same for all contexts of one invocation (a queue batch): they share its outgoing connections. */
  readonly invocation?: object;
  readonly log: Log;
  /** Runs a step unless it has already succeeded for this event. */
  once(step: string, run: () => Promise<unknown>): Promise<void>;
}
