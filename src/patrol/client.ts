// Reaches the one patrol of this deployment. Without a key there is none, and no call is made.
import type { Env } from '../env.ts';
import { PATROL_READ_TIMEOUT_MS, PATROL_WAKE_EVERY_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { fail, type Result, succeed } from '../result.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Memory, Patrol } from './patrol.ts';

export type { Instance } from '../vast/instances.ts';
export type { Memory } from './patrol.ts';
export type PatrolEnv = Pick<Env, 'PATROL' | 'VAST_READ_KEY'>;

/** undefined where no key is set. A read that fails gives the platform's error text. */
export function openPatrol(env: PatrolEnv) {
  if (!env.VAST_READ_KEY) return undefined;
  const stub = env.PATROL.getByName('patrol') as unknown as Pick<Patrol, 'wake'> & { memory(): Promise<Memory> };
  return {
    read: async (): Promise<Result<Memory, string>> => {
      try {
        return succeed(await withTimeout(stub.memory(), PATROL_READ_TIMEOUT_MS));
      } catch (error) {
        log('patrol.unreachable', { error: platformError(error) }, 'warn');
        return fail(platformError(error));
      }
    },
    wake: () => stub.wake(),
  };
}

const wokenAt = new WeakMap<object, number>();

/** Wakes patrol with whatever comes in, once an hour: after a deploy nothing else would. */
export function wakePatrol(env: PatrolEnv, waitUntil: (work: Promise<unknown>) => void): void {
  const now = Date.now();
  if (Math.abs(now - (wokenAt.get(env.PATROL) ?? 0)) < PATROL_WAKE_EVERY_MS) return;
  const patrol = openPatrol(env);
  if (patrol === undefined) return;
  wokenAt.set(env.PATROL, now);
  waitUntil(patrol.wake().catch((error) => log('patrol.unwatched', { error: platformError(error) }, 'warn')));
}
