// Outgoing calls as one invocation has them on the platform: six may wait for response headers, a
// further one is queued until one of those has its headers (Cloudflare's documentation,
// "Simultaneous open connections"). workerd alone, as it runs locally, has no such limit.

const SLOTS = 6;

/** `answer` with six slots. An aborted call leaves the queue, as it leaves its slot. */
export function sixSlotsFetch(answer: typeof fetch): typeof fetch {
  let open = 0;
  let queue: { readonly start: () => void }[] = [];

  const turn = (signal: AbortSignal | null | undefined) =>
    new Promise<void>((resolve, reject) => {
      const call = { start: resolve };
      queue.push(call);
      signal?.addEventListener('abort', () => {
        queue = queue.filter((other) => other !== call);
        reject(signal.reason);
      });
    });

  return (async (...call: Parameters<typeof fetch>) => {
    const [, init] = call;
    init?.signal?.throwIfAborted();
    if (open < SLOTS) open += 1;
    else await turn(init?.signal);
    try {
      return await answer(...call);
    } finally {
      // A slot that somebody waits for changes hands.
      const next = queue.shift();
      if (next) next.start();
      else open -= 1;
    }
  }) as typeof fetch;
}
