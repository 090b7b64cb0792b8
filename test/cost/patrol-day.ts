// What a day of patrol uses where a key is set: its own object, and nothing else while all is well.
import { PATROL_INTERVAL_MS } from '../../src/limits.ts';
import { Deployment } from '../platform/deployment.ts';
import { LocalPatrol } from '../platform/local-patrol.ts';
import type { Runtime } from '../platform/runtime.ts';
import { READ_KEY, VastAccount } from '../platform/vast-account.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

export interface PatrolDay {
  readonly looks: number;
  /** To Vast.ai: one for each 25 instances begun. */
  readonly calls: number;
  readonly rowsWritten: number;
  readonly objectRequests: number;
  /** How long the object was awake, in seconds, where Vast.ai answers at once. */
  readonly seconds: number;
}

/**
 * Plays an hour of an account with so many instances, which is like any other while all is well,
 * and counts a day of it.
 */
export async function drivePatrol(runtime: Runtime, instances: number): Promise<PatrolDay> {
  const { time } = runtime;
  const account = new VastAccount(() => time.now);
  for (let index = 0; index < instances; index += 1) account.add();
  const { env } = new Deployment(runtime, { VAST_READ_KEY: READ_KEY });
  const patrol = new LocalPatrol(env, { fetch: account.fetch });
  env.PATROL = patrol.binding;
  await runtime.finish(patrol.running().wake());
  // The first look finds everything new.
  await runtime.finish(patrol.ring());
  const start = time.now;
  const before = { rowsWritten: patrol.rowsWritten, requests: patrol.requests, calls: account.calls.length };
  let [looks, awake] = [0, 0];
  while (looks < HOUR_MS / PATROL_INTERVAL_MS) {
    time.now = Math.max(patrol.alarmAt ?? time.now, time.now);
    const wokenAt = time.now;
    await runtime.finish(patrol.ring());
    awake += time.now - wokenAt;
    looks += 1;
  }
  if (time.now - start > HOUR_MS) throw new Error('more than an hour has gone by');
  return {
    looks: looks * HOURS,
    calls: (account.calls.length - before.calls) * HOURS,
    rowsWritten: (patrol.rowsWritten - before.rowsWritten) * HOURS,
    objectRequests: (patrol.requests - before.requests) * HOURS,
    seconds: Math.round((awake * HOURS) / 1_000),
  };
}
