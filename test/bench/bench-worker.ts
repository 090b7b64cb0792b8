// A Worker of test/workerd/bench/ on a free port, with the bindings of the deployed one and storage
// of its own. Nobody consumes its queues: the batches that count are the bench's.
import { join } from 'node:path';
import { startLocalWorker } from '../../src/cli/local-worker.ts';
import { projectRoot } from '../../src/cli/project-root.ts';
import { millisecondsOf, workerdProcesses } from './cpu-time.ts';

type Parameters = Readonly<Record<string, number>>;

export interface BenchWorker {
  /** Resolves with the answer's text. Throws where the status says that something went wrong. */
  readonly get: (route: string, parameters: Parameters) => Promise<string>;
  /** The same, and how many milliseconds of CPU time it took (see cpu-time.ts). */
  readonly time: (route: string, parameters: Parameters) => Promise<number>;
  readonly close: () => Promise<void>;
}

/**
 * @param script Its file in test/workerd/bench/.
 * @param code Root of the code that it measures (see code.ts).
 */
export async function startBenchWorker(script: string, code = projectRoot): Promise<BenchWorker> {
  const before = workerdProcesses();
  const { url, server, close } = await startLocalWorker({
    change: ({ queues }) => ({
      name: 'bench',
      main: join(code, 'test/workerd/bench', script),
      queues: { producers: queues.producers },
    }),
  });
  // Of the two that start, the first only passes requests on.
  const pid = workerdProcesses()
    .filter((process) => !before.includes(process))
    .at(-1);
  const get: BenchWorker['get'] = async (route, parameters) => {
    const target = new URL(route, url);
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, String(value));
    const response = await server.fetch(target.href);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${answer.slice(0, 500)}`);
    return answer;
  };
  const time: BenchWorker['time'] = async (route, parameters) => {
    const start = millisecondsOf(pid);
    await get(route, parameters);
    return millisecondsOf(pid) - start;
  };
  return { get, time, close };
}

interface Consumer {
  readonly queue: string;
  readonly max_batch_size?: number;
}

/** `max_batch_size` of the main queue's consumer, as deployed. */
export async function deployedBatchSize(): Promise<number> {
  const { unstable_readConfig } = await import('wrangler');
  const { queues } = unstable_readConfig({ config: join(projectRoot, 'wrangler.toml') });
  const size = (queues.consumers as readonly Consumer[] | undefined)?.find(
    ({ queue }) => queue === 'vastai-events',
  )?.max_batch_size;
  if (size === undefined) throw new Error('wrangler.toml sets no max_batch_size for vastai-events');
  return size;
}
