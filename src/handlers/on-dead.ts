// What happens when an event is given up, beside its row in the ledger and its log line. Yours to edit, like the handlers.

import { deadLetterNotice } from '../destinations/dead-letter-notice.ts';
import type { Env } from '../env.ts';
import { log } from '../log.ts';

/** How long the destinations may take, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Tells the configured destinations, once. */
export async function onDead(env: Env, event: Omit<Parameters<typeof deadLetterNotice>[1], 'at'>): Promise<void> {
  const context = {
    env,
    log,
    attempt: 1,
    idempotencyKey: `dead-letter:${event.id}`,
    signal: AbortSignal.timeout(PATIENCE_MS),
    // Told once, not retried: there is nothing to remember.
    once: async (_step: string, run: () => Promise<unknown>) => {
      await run();
    },
  };
  const opsUrl = env.OPS_URL && `${env.OPS_URL.replace(/\/$/, '')}/events/${encodeURIComponent(event.id)}`;
  await deadLetterNotice(context, { ...event, at: new Date().toISOString(), opsUrl });
}
