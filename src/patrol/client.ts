// Reaches the one patrol of this deployment: wakes it and asks what it knows, by itself only so
// often per isolate. Without a key there is none, and no call is made.
import type { Env } from '../env.ts';
import { PATROL_ASK_EVERY_MS, PATROL_READ_TIMEOUT_MS, PATROL_WAKE_EVERY_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Memory, Patrol } from './patrol.ts';
import type { Picture } from './picture.ts';

export type { Memory } from './patrol.ts';
export type PatrolEnv = Pick<Env, 'PATROL' | 'VAST_READ_KEY'>;

/** The last complete picture: null before the first, undefined before an answer. */
export interface Glance {
  readonly picture?: Picture | null | undefined;
}

const wokenAt = new WeakMap<object, number>();
const glances = new WeakMap<object, Glance & { readonly askedAt: number }>();

function openPatrol({ PATROL }: PatrolEnv) {
  return PATROL.getByName('patrol') as unknown as Pick<Patrol, 'wake'> & { memory(): Promise<Memory> };
}

/** Wakes patrol with whatever comes in, once an hour: after a deploy nothing else would. */
export function wakePatrol(env: PatrolEnv, context: Pick<ExecutionContext, 'waitUntil'>): void {
  if (!env.VAST_READ_KEY) return;
  const now = Date.now();
  if (Math.abs(now - (wokenAt.get(env.PATROL) ?? 0)) < PATROL_WAKE_EVERY_MS) return;
  wokenAt.set(env.PATROL, now);
  const unwatched = (error: unknown) => log('patrol.unwatched', { error: platformError(error) }, 'warn');
  context.waitUntil(openPatrol(env).wake().catch(unwatched));
}

/** What patrol knows: undefined without a key, null where it does not answer. */
export async function readPatrol(env: PatrolEnv): Promise<Memory | null | undefined> {
  if (!env.VAST_READ_KEY) return undefined;
  try {
    return await withTimeout(openPatrol(env).memory(), PATROL_READ_TIMEOUT_MS);
  } catch (error) {
    log('patrol.unreachable', { error: platformError(error) }, 'warn');
    return null;
  }
}

/**
 * For those who ask often, /health and the metrics: asks the object at most once per isolate and
 * minute, whatever comes of it, as strangers reach /health. While a question is under way, or when
 * it has failed, the answer before it counts.
 *
 * @returns undefined without a key.
 */
export async function glanceAtPatrol(env: PatrolEnv): Promise<Glance | undefined> {
  if (!env.VAST_READ_KEY) return undefined;
  const now = Date.now();
  const last = glances.get(env.PATROL);
  if (last && Math.abs(now - last.askedAt) < PATROL_ASK_EVERY_MS) return last;
  // Not the promise is kept: a request must not wait for what another one has asked.
  glances.set(env.PATROL, { ...last, askedAt: now });
  const memory = await readPatrol(env);
  const glance = { picture: memory ? memory.picture : last?.picture, askedAt: now };
  glances.set(env.PATROL, glance);
  return glance;
}

/** What /health says of it, in ISO 8601. */
export async function patrolHealth(env: PatrolEnv) {
  const glance = await glanceAtPatrol(env);
  return glance && { patrol: { lastSuccess: glance.picture && new Date(glance.picture.at).toISOString() } };
}
