// One event, as a request's query names it, asked of the ledger.
import type { Context } from 'hono';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { EventRecord } from '../ledger/queries.ts';
import type { ReplayAnswer } from '../ledger/replay.ts';
import type { EventKey } from '../ledger/store.ts';

/** The event that `?id=…&endpoint=…` names. */
export function keyOf(context: Context): EventKey {
  const { id = '', endpoint } = context.req.query();
  return { id, endpoint: endpoint || DEFAULT_ENDPOINT };
}

/** The event behind a link with an id alone; at the default endpoint if the id is unknown. */
export async function keyOfOldLink(env: Env, id: string): Promise<EventKey> {
  const event = await openLedger(env).get(id);
  return { id, endpoint: event?.endpoint ?? DEFAULT_ENDPOINT };
}

/** Null where there is no such event at this endpoint. */
export function findEvent(env: Env, { id, endpoint }: EventKey): Promise<EventRecord | null> {
  return openLedger(env).get(id, endpoint);
}

/** Runs the event again. At an endpoint not its own it is refused as unknown: nothing runs. */
export async function replayEvent(env: Env, key: EventKey): Promise<ReplayAnswer> {
  const [answer] = await openLedger(env).replay([key.id], key.endpoint);
  return answer ?? { ...key, kind: 'failed', error: 'the ledger gave no answer' };
}
