// What consuming needs from outside, and what it works on.
import type { Env } from '../env.ts';
import type { ReadInstances } from '../event/instance.ts';
import type { EventMessage } from '../queue/message.ts';
import type { Handlers } from './define-handlers.ts';
import type { Notices } from './define-notices.ts';

export interface ConsumerDeps {
  readonly env: Env;
  readonly handlers: Handlers;
  readonly notices?: Notices;
  /** Absent where there is no key to read with. */
  readonly readInstances?: ReadInstances | undefined;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** In milliseconds; the 30 s of `limits.ts` where it is left out. */
  readonly handlerTimeoutMs?: number;
}

/** A message of the main queue that could be read. */
export interface Item {
  readonly message: Message;
  readonly sent: EventMessage;
}
