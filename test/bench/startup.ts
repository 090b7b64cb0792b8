// CPU time that the script takes to start, from the profile that wrangler makes of the deployed
// bundle.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from '../../src/cli/cli-failure.ts';
import { captureWrangler } from '../../src/cli/wrangler.ts';

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  /** What was running at each look, by the node's id. */
  readonly samples: readonly number[];
}

/** How often the profiler looks. */
const SAMPLING_MS = 1;

/**
 * Milliseconds in which the processor was not idle, to about a millisecond: take the mean of
 * several.
 */
export async function measureStartup(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-startup-'));
  try {
    const file = join(directory, 'startup.cpuprofile');
    const { code } = await captureWrangler(['check', 'startup', '--outfile', file]);
    if (code !== 0) throw new CliFailure('`wrangler check startup` failed');
    return busyMs(JSON.parse(readFileSync(file, 'utf8')) as Profile);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Looks are counted, not the time between them: the profiler may be held up, and would blame
 * whatever it saw last.
 */
export function busyMs({ nodes, samples }: Profile): number {
  const idle = nodes.find((node) => node.callFrame.functionName === '(idle)')?.id;
  return samples.filter((sample) => sample !== idle).length * SAMPLING_MS;
}
