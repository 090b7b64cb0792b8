// Reaches the one patrol of this deployment. Without a key there is none, and no call is made.
import type { Env } from '../env.ts';
import { PATROL_READ_TIMEOUT_MS, PATROL_WAKE_EVERY_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { fail, type Result, succeed } from '../result.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Patrol, PatrolView } from './patrol.ts';

export type { PatrolView } from './patrol.ts';

type PatrolEnv = Pick<Env, 'PATROL' | 'VAST_READ_KEY'>;

export interface PatrolClient {
  /** What patrol knows, or the platform's error text. */
  read(): Promise<Result<PatrolView, string>>;
  /** Starts it where it does not run. Rejects where the object cannot be reached. */
  wake(): Promise<void>;
}

/** undefined where no key is set. */
export function openPatrol(env: PatrolEnv): PatrolClient | undefined {
  if (!env.VAST_READ_KEY) return undefined;
  const stub = () =>
    env.PATROL.getByName('patrol') as unknown as Pick<Patrol, 'wake'> & { view(): Promise<PatrolView> };
  return {
    read: async () => {
      try {
        return succeed(await withTimeout(stub().view(), PATROL_READ_TIMEOUT_MS));
      } catch (error) {
        return fail(platformError(error));
      }
    },
    wake: () => stub().wake(),
  };
}

/** When this isolate last woke it, by its binding. */
const wokenAt = new WeakMap<object, number>();

/** Wakes patrol with whatever comes in, once an hour: after a deploy, nothing else would. */
export function wakePatrol(env: PatrolEnv, waitUntil: (work: Promise<unknown>) => void): void {
  const patrol = openPatrol(env);
  if (patrol === undefined) return;
  const now = Date.now();
  if (Math.abs(now - (wokenAt.get(env.PATROL) ?? 0)) < PATROL_WAKE_EVERY_MS) return;
  wokenAt.set(env.PATROL, now);
  waitUntil(patrol.wake().catch((error) => log('patrol.unwatched', { error: platformError(error) }, 'warn')));
}
