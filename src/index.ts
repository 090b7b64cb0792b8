// The Worker: requests to the Hono app, queue batches to their consumers. Wiring only.
import { app } from './app.ts';
import { handleBatch } from './consumer/batch.ts';
import { handleDeadLetters } from './consumer/dead-letters.ts';
import type { Env } from './env.ts';
import { handlers } from './handlers/index.ts';

const DEAD_LETTER_QUEUE = 'vastai-dead-letters';

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === DEAD_LETTER_QUEUE ? handleDeadLetters(batch) : handleBatch(batch, { env, handlers }),
} satisfies ExportedHandler<Env>;
