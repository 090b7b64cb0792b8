// A provider, a Worker and a CLI that talk to each other on this machine, and all that the CLI has
// said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runVast } from '../../../../src/cli/vast/program.ts';
import type { Surroundings } from '../../../../src/cli/vast/terminal/surroundings.ts';
import { type Clock, createClock, installWorkerGlobals, realClock } from './clock.ts';
import { API_KEY, type FakeProvider, startFakeProvider } from './fake-provider.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { createNetwork, loopback, type Network } from './network.ts';

const COMMAND = `"${process.execPath}" "${new URL('secret-command.ts', import.meta.url).pathname}"`;

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface World {
  readonly clock: Clock;
  readonly network: Network;
}

export interface Scene extends World {
  readonly provider: FakeProvider;
  readonly worker: FakeWorker;
  readonly env: Record<string, string | undefined>;
  /** The options that put the test's secret command in wrangler's place. */
  readonly secretOptions: readonly string[];
  /** Everything said by every run. */
  readonly said: { text: string };
  vast(args: readonly string[], change?: Partial<Surroundings>): Promise<Ended>;
}

/** Everything in this process, on a clock of its own. */
export function inProcess(): World {
  const clock = createClock();
  return { clock, network: createNetwork(clock) };
}

/** For commands that are processes: over HTTP, in real time. */
export function overHttp(): World {
  onTestFinished(installWorkerGlobals());
  return { clock: realClock, network: loopback };
}

export async function createScene(world: World = inProcess()): Promise<Scene> {
  const { clock, network } = world;
  const provider = await startFakeProvider(clock, network);
  const worker = await startFakeWorker(clock, network);
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
    ...world,
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
        fetch: network.fetch,
        now: clock.now,
        sleep: clock.sleep,
        uninterrupted: (run) => run(),
        runCommand: (command, input, commandEnv) => secretCommand(network, command, input, commandEnv),
        ...change,
      });
      return { exitCode, stdout, stderr };
    },
  };
}

/** What secret-command.ts does, without a process. */
const secretCommand = async (network: Network, command: string, value: string, env: Surroundings['env']) => {
  const argv = command.split(' ');
  const [worker = '', , verb = '', name = ''] = argv.slice(2);
  const body = JSON.stringify({ verb, name, value, argv, env });
  const response = await network.fetch(`${worker}/_command/`, { method: 'POST', body });
  return (await response.json()) as { code: number; stdout: string; stderr: string };
};
