// Whose turn it is to post. The platform lets six outgoing calls of one invocation wait for their
// answer and queues the rest unseen: without turns, destinations that hang would hold up the rest.
import { DESTINATION_TIMEOUT_MS, POSTS_AT_ONCE } from '../limits.ts';
import type { DestinationContext } from './context.ts';

/** The posts of one invocation: one at a time for each destination, `POSTS_AT_ONCE` in all. */
class PostSlots {
  readonly #busy = new Set<string>();
  readonly #timedOut = new Set<string>();
  #freed = Promise.withResolvers<void>();

  /**
   * Runs a post when it is its turn. Its signal fires when the caller's does, or
   * `DESTINATION_TIMEOUT_MS` after the turn has come.
   *
   * @throws as `send` does, or Error if the turn never comes.
   */
  async run(to: string, signal: AbortSignal, send: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#turn(to, signal);
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      this.#timedOut.add(to);
      deadline.abort();
    }, DESTINATION_TIMEOUT_MS);
    try {
      await send(AbortSignal.any([signal, deadline.signal]));
    } finally {
      clearTimeout(timer);
      this.#busy.delete(to);
      this.#freed.resolve();
      this.#freed = Promise.withResolvers();
    }
  }

  /** Takes a slot as soon as there is one; those that wait look again whenever one is free. */
  async #turn(to: string, signal: AbortSignal): Promise<void> {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    for (;;) {
      if (this.#timedOut.has(to)) throw new Error(`${to} did not answer an earlier post in time`);
      if (signal.aborted) throw new Error(`the post to ${to} did not get its turn in time`);
      if (!this.#busy.has(to) && this.#busy.size < POSTS_AT_ONCE) break;
      await Promise.race([this.#freed.promise, aborted]);
    }
    this.#busy.add(to);
  }
}

const slotsByInvocation = new WeakMap<object, PostSlots>();

/** The slots that all contexts of an invocation share. A context that names none has its own. */
export function postSlotsOf(context: DestinationContext): PostSlots {
  const invocation = context.invocation ?? context;
  const slots = slotsByInvocation.get(invocation) ?? new PostSlots();
  slotsByInvocation.set(invocation, slots);
  return slots;
}
