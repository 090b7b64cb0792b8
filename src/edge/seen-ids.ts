// The ids in KV: a filter that spares work. It can say "known" for an id that is known; it can never be trusted when it
// says "unknown" (absence is cached) and it may be out altogether, so every failure here is logged and ignored.
import { KV_TIMEOUT_MS, QUARANTINED_TTL_SECONDS, SEEN_TTL_SECONDS } from '../limits.ts';
import { type Log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';

/** Which fact about an id: its event is in the queue, or a refused delivery of it has been kept today. */
export type SeenAs = 'event' | 'quarantined';

const TTL_SECONDS: Record<SeenAs, number> = { event: SEEN_TTL_SECONDS, quarantined: QUARANTINED_TTL_SECONDS };

const keyOf = (as: SeenAs, id: string) => `vastai:${as}:${id}`;

/** Whether the id is known. A failing or hanging KV counts as not known. */
export async function isSeen(kv: KVNamespace, as: SeenAs, id: string, log: Log): Promise<boolean> {
  try {
    return (await withTimeout(kv.get(keyOf(as, id)), KV_TIMEOUT_MS)) !== null;
  } catch (error) {
    log('seen.unavailable', { id, reason: 'read', error: platformError(error) }, 'warn');
    return false;
  }
}

/** Remembers the id. Call it only after the queue has taken the event: an id marked too early is an event lost. */
export async function markSeen(kv: KVNamespace, as: SeenAs, id: string, log: Log): Promise<void> {
  try {
    await kv.put(keyOf(as, id), '1', { expirationTtl: TTL_SECONDS[as] });
  } catch (error) {
    log('seen.unavailable', { id, reason: 'write', error: platformError(error) }, 'warn');
  }
}
