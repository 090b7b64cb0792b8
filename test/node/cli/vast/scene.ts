// A provider, a Worker and a CLI that talk to each other on this machine, and all that the CLI has
// said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runVast } from '../../../../src/cli/vast/program.ts';
import type { Surroundings } from '../../../../src/cli/vast/terminal/surroundings.ts';
import { type Clock, createClock } from './clock.ts';
import { API_KEY, type FakeProvider, startFakeProvider } from './fake-provider.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';

const COMMAND = `"${process.execPath}" "${new URL('secret-command.ts', import.meta.url).pathname}"`;

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Scene {
  readonly clock: Clock;
  readonly provider: FakeProvider;
  readonly worker: FakeWorker;
  readonly env: Record<string, string | undefined>;
  /** The options that put the test's secret command in wrangler's place. */
  readonly secretOptions: readonly string[];
  /** Everything said by every run. */
  readonly said: { text: string };
  vast(args: readonly string[], change?: Partial<Surroundings>): Promise<Ended>;
}

export async function createScene(): Promise<Scene> {
  const clock = createClock();
  const [provider, worker] = await Promise.all([startFakeProvider(clock), startFakeWorker(clock)]);
  const home = mkdtempSync(join(tmpdir(), 'vast-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_STATE_HOME: home,
    VAST_API_URL: provider.origin,
    VAST_API_KEY: API_KEY,
  };
  const said = { text: '' };
  return {
    clock,
    provider,
    worker,
    env,
    said,
    secretOptions: ['--wrangler', `${COMMAND} ${worker.origin}`, '--settle', '5'],
    vast: async (args, change = {}) => {
      let stdout = '';
      let stderr = '';
      const exitCode = await runVast(args, {
        env,
        stdout: (text) => {
          stdout += text;
          said.text += text;
        },
        stderr: (text) => {
          stderr += text;
          said.text += text;
        },
        fetch,
        now: clock.now,
        sleep: clock.sleep,
        uninterrupted: (run) => run(),
        ...change,
      });
      return { exitCode, stdout, stderr };
    },
  };
}
