// A Worker of test/workerd/bench/ on a free port, with the bindings of the deployed one and storage
// of its own. Nobody consumes its queues: the batches that count are the bench's.
import { join } from 'node:path';
import { startLocalWorker } from '../../src/cli/local-worker.ts';
import { projectRoot } from '../../src/cli/project-root.ts';

export interface BenchWorker {
  /** Resolves with the answer's text. Throws where the status says that something went wrong. */
  readonly get: (route: string, parameters: Readonly<Record<string, number>>) => Promise<string>;
  readonly close: () => Promise<void>;
  /** `max_batch_size` of the main queue's consumer. */
  readonly batchSize: number;
}

/** @param script Its file in test/workerd/bench/. */
export async function startBenchWorker(script: string): Promise<BenchWorker> {
  let batchSize: number | undefined;
  const { url, server, close } = await startLocalWorker({
    change: ({ queues }) => {
      batchSize = queues.consumers?.find(({ queue }) => queue === 'vastai-events')?.max_batch_size;
      return {
        name: 'bench',
        main: join(projectRoot, 'test/workerd/bench', script),
        queues: { producers: queues.producers },
      };
    },
  });
  if (batchSize === undefined) throw new Error('wrangler.toml sets no max_batch_size for vastai-events');
  const get: BenchWorker['get'] = async (route, parameters) => {
    const target = new URL(route, url);
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, String(value));
    const response = await server.fetch(target.href);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${answer.slice(0, 500)}`);
    return answer;
  };
  return { get, close, batchSize };
}
