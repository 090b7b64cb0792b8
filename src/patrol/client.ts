// Reaches the one patrol of this deployment: wakes it and asks what it knows, by itself only so
// often per isolate. Without a key there is none, and no call is made.
import type { Env } from '../env.ts';
import { PATROL_ASK_EVERY_MS, PATROL_READ_TIMEOUT_MS, PATROL_WAKE_EVERY_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Memory, Patrol } from './patrol.ts';
import type { Picture } from './picture.ts';

type PatrolEnv = Pick<Env, 'PATROL' | 'VAST_READ_KEY'>;

const wokenAt = new WeakMap<object, number>();
/** When the object was asked, and the picture that is known since. */
const glances = new WeakMap<object, readonly [askedAt: number, picture: Picture | null | undefined]>();

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
 * @returns The last complete picture: null before the first, undefined before an answer.
 */
export async function glanceAtPatrol(env: PatrolEnv): Promise<Picture | null | undefined> {
  if (!env.VAST_READ_KEY) return undefined;
  const now = Date.now();
  const [askedAt, picture] = glances.get(env.PATROL) ?? [0];
  if (Math.abs(now - askedAt) < PATROL_ASK_EVERY_MS) return picture;
  // Not the promise is kept: a request must not wait for what another one has asked.
  glances.set(env.PATROL, [now, picture]);
  const memory = await readPatrol(env);
  if (memory) glances.set(env.PATROL, [now, memory.picture]);
  return memory ? memory.picture : picture;
}
