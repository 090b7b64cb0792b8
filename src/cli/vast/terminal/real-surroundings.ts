// The real environment, terminal, network and clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { CliFailure, EXIT } from '../../cli-failure.ts';
import { askHidden, confirm } from './ask.ts';
import type { Surroundings } from './surroundings.ts';

export function realSurroundings(): Surroundings {
  const { stdin, stderr } = process;
  const terminal = { input: stdin, output: stderr };
  return {
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => stderr.write(text),
    fetch,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    ...(stdin.isTTY && {
      askHidden: (question: string) => askHidden(question, terminal),
      confirm: (question: string) => confirm(question, terminal),
    }),
    uninterrupted,
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function uninterrupted<Value>(run: () => Promise<Value>): Promise<Value> {
  let asked = false;
  const hold = () => {
    if (!asked) process.stderr.write('Stopping as soon as the new secret is stored; it is shown only once.\n');
    asked = true;
  };
  for (const signal of SIGNALS) process.on(signal, hold);
  try {
    const value = await run();
    if (asked) throw new CliFailure('Interrupted. Run the same command again to complete it.', EXIT.interrupted);
    return value;
  } finally {
    for (const signal of SIGNALS) process.off(signal, hold);
  }
}
