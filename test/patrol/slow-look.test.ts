// A look that takes longer than the platform lets an alarm run (15 minutes) would never fail, and
// so never be told.
import { expect, test } from 'vitest';
import { PATROL_BLIND_AFTER, PATROL_INTERVAL_MS, PATROL_MAX_INSTANCES } from '../../src/limits.ts';
import { Deployment } from '../platform/deployment.ts';
import { LocalPatrol } from '../platform/local-patrol.ts';
import { startRuntime } from '../platform/runtime.ts';
import { READ_KEY, VastAccount } from '../platform/vast-account.ts';

test('a look that Vast.ai asks to wait a minute at each page has failed by the time of the next', async () => {
  const runtime = startRuntime();
  try {
    const { time } = runtime;
    const account = new VastAccount(() => time.now);
    for (let index = 0; index < PATROL_MAX_INSTANCES; index += 1) account.add();
    let calls = 0;
    const busy = () => new Response('', { status: 503, headers: { 'Retry-After': '60' } });
    const fetch: typeof globalThis.fetch = async (input, init) => {
      calls += 1;
      return calls % 2 === 1 ? busy() : account.fetch(input as string, init);
    };
    const { env } = new Deployment(runtime, { VAST_READ_KEY: READ_KEY });
    const patrol = new LocalPatrol(env, { fetch });
    for (let look = 1; look <= PATROL_BLIND_AFTER; look += 1) {
      const start = time.now;
      await runtime.finish(patrol.ring());
      expect(time.now - start).toBeLessThanOrEqual(PATROL_INTERVAL_MS);
      expect(patrol.running().memory().failed?.looks).toBe(look);
    }
    expect(patrol.running().memory().conditions).toMatchObject([{ type: 'observed.blind' }]);
  } finally {
    runtime.restore();
  }
});
