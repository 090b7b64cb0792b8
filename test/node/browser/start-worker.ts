// Starts the Worker of test/workerd/ops/filled-worker.ts in the local runtime, with the bindings of
// wrangler.toml, for browser and benchmark.
import { join } from 'node:path';
import { startLocalWorker } from '../../../src/cli/local-worker.ts';
import { projectRoot } from '../../../src/cli/project-root.ts';
import { ownHandlers } from '../../own-handlers.ts';
import type { Mood } from '../../workerd/ops/patrolled.ts';

export const OPS_TOKEN = 'ops-token-of-the-browser-tests';

interface TestLedger {
  fill(): Promise<void>;
  seed(from: number, count: number, total: number, days: number): Promise<void>;
  claim(claim: string, requests: readonly object[]): Promise<unknown>;
  startOne(id: string): Promise<void>;
  addDead(id: string, type: string, data: Record<string, unknown>, error: string): Promise<void>;
}

interface TestPatrol {
  fill(mood: Mood): Promise<void>;
}

interface TestEnv {
  LEDGER: { getByName(name: string): TestLedger };
  PATROL: { getByName(name: string): TestPatrol };
}

/** @param secrets Beside the webhook's and the page's. */
export async function startWorker(secrets: Readonly<Record<string, string>> = {}) {
  const { url, server, close } = await startLocalWorker({
    secrets: { VASTAI_WEBHOOK_SECRET: 'browser-test-secret', OPS_TOKEN, ...secrets },
    change: () => ({ main: join(projectRoot, 'test/workerd/ops/filled-worker.ts'), alias: ownHandlers }),
  });
  const env = (await server.getWorker().getEnv()) as TestEnv;
  return { url, ledger: env.LEDGER.getByName('events'), patrol: env.PATROL.getByName('patrol'), close };
}
