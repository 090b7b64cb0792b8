// Runs `npm run trigger` inside this process, with an environment and a terminal of the test's own.
import { setTimeout as sleep } from 'node:timers/promises';
import { runTrigger } from '../../../src/cli/run-trigger.ts';
import type { Surroundings } from '../../../src/cli/vast/terminal/surroundings.ts';
import type { Ended } from './run-command.ts';

export type { Ended };

export async function runTriggerHere(args: readonly string[], change: Partial<Surroundings> = {}): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  let slept = 0;
  const code = await runTrigger(args, {
    env: {},
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    fetch,
    // Whoever waits between two looks at the ledger looks again at once.
    now: () => Date.now() + slept,
    sleep: async (ms) => {
      slept += ms;
      await sleep(1);
    },
    uninterrupted: (run) => run(),
    runCommand: () => Promise.reject(new Error('trigger runs no command')),
    ...change,
  });
  return { code, stdout, stderr };
}
