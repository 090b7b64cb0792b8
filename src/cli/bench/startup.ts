// CPU time that the script takes to start, from the profile that wrangler makes of the deployed bundle.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../run-cli.ts';
import { captureWrangler } from '../wrangler.ts';

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Milliseconds in which the processor was not idle. The profiler samples about once a millisecond. */
export async function measureStartup(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-startup-'));
  try {
    const file = join(directory, 'startup.cpuprofile');
    const { code } = await captureWrangler(['check', 'startup', '--outfile', file]);
    if (code !== 0) throw new CliError('`wrangler check startup` failed');
    return busyMs(JSON.parse(readFileSync(file, 'utf8')) as Profile);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A sample stands for the time until the next one. */
function busyMs({ nodes, samples, timeDeltas }: Profile): number {
  const idle = nodes.find((node) => node.callFrame.functionName === '(idle)')?.id;
  const busy = samples.map((sample, index) => (sample === idle ? 0 : (timeDeltas[index + 1] ?? 0)));
  return busy.reduce((sum, delta) => sum + delta, 0) / 1_000;
}
