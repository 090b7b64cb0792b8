// Starts the Worker of test/workerd/ops/filled-worker.ts in the local runtime, with the bindings of
// wrangler.toml, for browser and benchmark.
import { createTestHarness, unstable_readConfig } from 'wrangler';
import { ownHandlers } from '../../own-handlers.ts';

export const OPS_TOKEN = 'ops-token-of-the-browser-tests';

interface TestLedger {
  fill(): Promise<void>;
  seed(from: number, count: number, total: number, days: number): Promise<void>;
  claim(claim: string, requests: readonly object[]): Promise<unknown>;
  addDead(id: string, type: string, data: Record<string, unknown>, error: string): Promise<void>;
}

interface TestEnv {
  LEDGER: { getByName(name: string): TestLedger };
}

export async function startWorker() {
  const { name, compatibility_date, kv_namespaces, queues, durable_objects, exports } = unstable_readConfig({
    config: 'wrangler.toml',
  });
  const bindings = { kv_namespaces, queues, durable_objects, exports };
  const vars = { VASTAI_WEBHOOK_SECRET: 'browser-test-secret', OPS_TOKEN };
  const main = 'test/workerd/ops/filled-worker.ts';
  const config = { name, compatibility_date, main, alias: ownHandlers, ...bindings, vars };
  const server = createTestHarness({ workers: [{ config } as never] });
  const { url } = await server.listen();
  const env = (await server.getWorker().getEnv()) as TestEnv;
  return { url, ledger: env.LEDGER.getByName('events'), close: () => server.close() };
}
