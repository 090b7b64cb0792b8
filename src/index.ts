// The Worker: requests to the app, batches to their consumers, the objects' classes. Wiring only.
import { app } from './app.ts';
import { handleBatch } from './consumer/batch.ts';
import { handleDeadLetters } from './consumer/dead-letters.ts';
import type { ConsumerDeps } from './consumer/deps.ts';
import type { Env } from './env.ts';
import { handlers } from './handlers/index.ts';
import { notices } from './handlers/notices.ts';
import { INSTANCE_TIMEOUT_MS } from './limits.ts';
import { wakePatrol } from './patrol/client.ts';
import { openInstances, type ReadInstances } from './vast/instances.ts';

export { EventLedger } from './ledger/event-ledger.ts';
export { Patrol } from './patrol/patrol.ts';

/** Of the queue's name, which differs between environments (wrangler.toml). */
const DEAD_LETTER_SUFFIX = '-dead-letters';

/** Kept, as it keeps Vast.ai's interval between two reads. */
let readInstances: ReadInstances | undefined;

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) => {
    wakePatrol(env, context);
    return app.fetch(request, env, context);
  },
  queue: (batch, env, context) => {
    wakePatrol(env, context);
    readInstances ??= openInstances(env, { timeoutMs: INSTANCE_TIMEOUT_MS, maxTries: 1 });
    const deps: ConsumerDeps = { env, handlers, notices, readInstances, random: Math.random };
    return batch.queue.endsWith(DEAD_LETTER_SUFFIX) ? handleDeadLetters(batch, deps) : handleBatch(batch, deps);
  },
} satisfies ExportedHandler<Env>;
