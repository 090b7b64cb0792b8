// What a destination needs from its caller. The context of a handler or a notice fits as it is.
import type { DestinationSecrets, Secrets } from '../env.ts';
import type { InstanceLook } from '../event/instance.ts';
import type { TellOnce } from '../event/telling.ts';
import type { Log } from '../log.ts';

export interface DestinationContext {
  readonly env: DestinationSecrets & Pick<Secrets, 'OPS_URL'>;
  /** How often this has been tried, counting from 1. */
  readonly attempt: number;
  /** Names what is told of, an event or news of ours: the same on every try. */
  readonly idempotencyKey: string;
  /** Fires when the caller's time is up. */
  readonly signal: AbortSignal;
  /** One object for all contexts of a queue batch: they share its outgoing connections. */
  readonly invocation?: object;
  readonly log: Log;
  /** Runs a step unless it has already succeeded for this event. */
  once(step: string, run: () => Promise<unknown>): Promise<void>;
  /** A look at the event's instance, which never rejects. */
  instance?(): Promise<InstanceLook>;
  /** Without it nothing is a repeat. */
  readonly tellOnce?: TellOnce;
}
