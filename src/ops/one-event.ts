// One event, as a request's query names it.
import type { Context } from 'hono';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { ReplayAnswer } from '../ledger/replay.ts';
import type { EventKey } from '../ledger/store.ts';

/** The event that `?id=…&endpoint=…` names. */
export function keyOf(context: Context): EventKey {
  const { id = '', endpoint } = context.req.query();
  return { id, endpoint: endpoint || DEFAULT_ENDPOINT };
}

/** Runs the event again. At an endpoint not its own it is refused as unknown: nothing runs. */
export async function replayEvent(env: Env, key: EventKey): Promise<ReplayAnswer> {
  const [answer] = await openLedger(env).replay([key.id], key.endpoint);
  return answer ?? { ...key, kind: 'failed', error: 'the ledger gave no answer' };
}
