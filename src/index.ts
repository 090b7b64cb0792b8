// The Worker: requests to the app, batches to their consumers, the ledger's class. Wiring only.
import { app } from './app.ts';
import { handleBatch } from './consumer/batch.ts';
import { handleDeadLetters } from './consumer/dead-letters.ts';
import type { ConsumerDeps } from './consumer/deps.ts';
import type { Env } from './env.ts';
import { handlers } from './handlers/index.ts';
import { notices } from './handlers/notices.ts';

export { EventLedger } from './ledger/event-ledger.ts';

/** Of the queue's name, which differs between environments (wrangler.toml). */
const DEAD_LETTER_SUFFIX = '-dead-letters';

export default {
  fetch: app.fetch,
  queue: (batch, env) => {
    const deps: ConsumerDeps = { env, handlers, notices, random: Math.random };
    return batch.queue.endsWith(DEAD_LETTER_SUFFIX) ? handleDeadLetters(batch, deps) : handleBatch(batch, deps);
  },
} satisfies ExportedHandler<Env>;
