// What patrol saw last, in a few figures, for those who ask often: /health and the metrics.
import { PATROL_ASK_EVERY_MS } from '../limits.ts';
import { openPatrol, type PatrolEnv } from './client.ts';
import { accountOf, countsOf } from './picture.ts';

/** As of the last complete look (in milliseconds); nulls before it, nothing before an answer. */
export interface Glance {
  readonly lastSuccess?: number | null;
  readonly byState?: Readonly<Record<string, number>> | null;
  readonly dollarsPerHour?: number | null;
}

const remembered = new WeakMap<object, { readonly askedAt: number; readonly glance: Glance }>();

/**
 * Asks the object at most once per isolate and minute, whatever comes of it: strangers reach
 * /health. While a question is under way, or when it has failed, the answer before it counts.
 *
 * @returns undefined without a key.
 */
export async function glanceAtPatrol(env: PatrolEnv): Promise<Glance | undefined> {
  const patrol = openPatrol(env);
  if (patrol === undefined) return undefined;
  const now = Date.now();
  const { askedAt, glance } = remembered.get(env.PATROL) ?? { askedAt: 0, glance: {} };
  if (Math.abs(now - askedAt) < PATROL_ASK_EVERY_MS) return glance;
  // Not the promise is kept: a request must not wait for what another one has asked.
  remembered.set(env.PATROL, { askedAt: now, glance });
  const answer = await patrol.read();
  if (!answer.ok) return glance;
  const { picture } = answer.value;
  const { dollarsPerHour } = accountOf(picture);
  const news: Glance = { lastSuccess: picture?.at ?? null, byState: picture && countsOf(picture), dollarsPerHour };
  remembered.set(env.PATROL, { askedAt: now, glance: news });
  return news;
}

/** What /health says of it, in ISO 8601. */
export async function patrolHealth(env: PatrolEnv) {
  const glance = await glanceAtPatrol(env);
  const at = glance?.lastSuccess;
  return glance && { patrol: { lastSuccess: at ? new Date(at).toISOString() : at } };
}
