// The real environment, terminal, network and clock.
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliFailure, EXIT } from './cli-failure.ts';
import { readHidden, type Terminal } from './read-hidden.ts';
import type { Surroundings } from './surroundings.ts';

export function realSurroundings(): Surroundings {
  const { stdin, stderr } = process;
  return {
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => stderr.write(text),
    fetch,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    // Questions go to stderr: stdout belongs to the result.
    ...(stdin.isTTY && {
      askHidden: (question: string) => readHidden(question, stdin as Terminal, (text) => stderr.write(text)),
      confirm,
    }),
    uninterrupted,
  };
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
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
