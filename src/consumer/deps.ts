// What consuming needs from outside, and what it works on.
import type { Env } from '../env.ts';
import type { Log } from '../log.ts';
import type { EventMessage } from '../queue/message.ts';
import type { Handlers } from './define-handlers.ts';
import type { DeadEvent } from './tell-of-dead.ts';

export interface ConsumerDeps {
  readonly env: Env;
  readonly handlers: Handlers;
  readonly log: Log;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Told of every event that is given up. Its failure is logged and changes nothing. */
  readonly onDead?: (event: DeadEvent) => Promise<void>;
  /** In milliseconds; the 30 s of `limits.ts` where it is left out. */
  readonly handlerTimeoutMs?: number;
}

/** A message of the main queue that could be read. */
export interface Item {
  readonly message: Message;
  readonly sent: EventMessage;
}
