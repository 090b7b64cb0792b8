// A Worker of test/workerd/bench/ on a free port, with the bindings of the deployed one and storage of its own. Nobody consumes its
// queues: the batches that count are the bench's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/cli/project-root.ts';
import { offlineEnvironment } from '../../src/cli/wrangler.ts';

export interface BenchWorker {
  /** Resolves with the answer's text. Throws where the status says that something went wrong. */
  readonly get: (route: string, parameters: Readonly<Record<string, number>>) => Promise<string>;
  readonly close: () => Promise<void>;
  /** `max_batch_size` of the main queue's consumer. */
  readonly batchSize: number;
}

/** @param script Its file in test/workerd/bench/. */
export async function startBenchWorker(script: string): Promise<BenchWorker> {
  // Read by wrangler when it is loaded, so set first.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'error' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');
  const { compatibility_date, kv_namespaces, durable_objects, exports, queues, minify } = unstable_readConfig({
    config: join(projectRoot, 'wrangler.toml'),
  });
  const batchSize = queues.consumers?.find(
    (consumer: { queue: string }) => consumer.queue === 'vastai-events',
  )?.max_batch_size;
  if (batchSize === undefined) throw new Error('wrangler.toml sets no max_batch_size for vastai-events');

  const directory = mkdtempSync(join(tmpdir(), 'vastai-bench-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const main = join(projectRoot, 'test/workerd/bench', script);
  const bindings = { kv_namespaces, durable_objects, exports, queues: { producers: queues.producers } };
  const configPath = join(directory, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify({ name: 'bench', main, compatibility_date, minify, ...bindings }));

  const server = createTestHarness({ root: directory, workers: [{ configPath }] });
  const { url } = await server.listen();
  const get: BenchWorker['get'] = async (route, parameters) => {
    const target = new URL(route, url);
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, String(value));
    const response = await server.fetch(target.href);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${answer.slice(0, 500)}`);
    return answer;
  };
  const close = async () => {
    await server.close();
    process.off('exit', remove);
    remove();
  };
  return { get, close, batchSize };
}
