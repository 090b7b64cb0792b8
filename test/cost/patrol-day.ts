// What a day of patrol uses where a key is set: its own object, and nothing else while all is well.
import { PATROL_INTERVAL_MS } from '../../src/limits.ts';
import { Deployment } from '../platform/deployment.ts';
import { LocalPatrol } from '../platform/local-patrol.ts';
import type { Runtime } from '../platform/runtime.ts';
import { READ_KEY, VastAccount } from '../platform/vast-account.ts';

const DAY_MS = 86_400_000;

export interface PatrolDay {
  readonly looks: number;
  /** To Vast.ai: one for each 25 instances begun. */
  readonly calls: number;
  readonly rowsWritten: number;
  readonly objectRequests: number;
  /** How long the object was awake, in seconds, where Vast.ai answers at once. */
  readonly seconds: number;
}

/** A quiet day of an account with so many instances. */
export async function drivePatrol(runtime: Runtime, instances: number): Promise<PatrolDay> {
  const { time } = runtime;
  const account = new VastAccount(() => time.now);
  for (let index = 0; index < instances; index += 1) account.add();
  const { env } = new Deployment(runtime, { VAST_READ_KEY: READ_KEY });
  const patrol = new LocalPatrol(env, { fetch: account.fetch });
  env.PATROL = patrol.binding;
  await runtime.finish(patrol.running().wake());
  const start = time.now;
  patrol.rowsWritten = 0;
  let [looks, awake] = [0, 0];
  while (looks < DAY_MS / PATROL_INTERVAL_MS) {
    time.now = Math.max(patrol.alarmAt ?? time.now, time.now);
    const before = time.now;
    await runtime.finish(patrol.ring());
    awake += time.now - before;
    looks += 1;
  }
  const { rowsWritten, requests } = patrol;
  if (time.now - start > DAY_MS) throw new Error('more than a day has gone by');
  return {
    looks,
    calls: account.calls.length,
    rowsWritten,
    objectRequests: requests,
    seconds: Math.round(awake / 1_000),
  };
}
