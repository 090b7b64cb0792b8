// Whose turn it is to post. The platform lets six outgoing calls of one invocation wait for their
// answer and queues the rest unseen: without turns, destinations that hang would hold up the rest.
import { DESTINATION_TIMEOUT_MS, POSTS_AT_ONCE } from '../limits.ts';
import type { DestinationContext } from './context.ts';

/** Of one invocation: one post at a time for each destination, `POSTS_AT_ONCE` in all. */
function newSlots() {
  return { busy: new Set<string>(), timedOut: new Set<string>(), woken: Promise.withResolvers<void>() };
}

const slotsByInvocation = new WeakMap<object, ReturnType<typeof newSlots>>();

/**
 * Runs a post when it is its turn among those of all contexts that share an invocation; a context
 * that names none has slots of its own. The post's signal fires when the context's does, or
 * `DESTINATION_TIMEOUT_MS` after the turn has come.
 *
 * @throws as `send` does, or Error if the turn never comes.
 */
export async function inTurn(
  context: DestinationContext,
  to: string,
  send: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, invocation = context } = context;
  const slots = slotsByInvocation.get(invocation) ?? newSlots();
  slotsByInvocation.set(invocation, slots);

  const wakeAll = () => {
    slots.woken.resolve();
    slots.woken = Promise.withResolvers();
  };
  signal.addEventListener('abort', wakeAll);
  for (;;) {
    if (slots.timedOut.has(to)) throw new Error(`${to} did not answer an earlier post in time`);
    if (signal.aborted) throw new Error(`the post to ${to} did not get its turn in time`);
    if (!slots.busy.has(to) && slots.busy.size < POSTS_AT_ONCE) break;
    // In the order in which they came, those that wait look again.
    await slots.woken.promise;
  }

  slots.busy.add(to);
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    slots.timedOut.add(to);
    deadline.abort();
  }, DESTINATION_TIMEOUT_MS);
  try {
    await send(AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
    slots.busy.delete(to);
    wakeAll();
  }
}
