// The real environment, terminal, network and clock. Questions go to stderr: stdout belongs to the
// result.
import { setTimeout as sleep } from 'node:timers/promises';
import confirmPrompt from '@inquirer/confirm';
import passwordPrompt from '@inquirer/password';
import { CliFailure, EXIT } from '../../cli-failure.ts';
import { runCommand } from './run-command.ts';
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
    runCommand,
  };
}

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks for a line without showing it. @throws CliFailure (interrupted) on Ctrl-C. */
export function askHidden(message: string, terminal: Terminal): Promise<string> {
  return passwordPrompt({ message, toggleMask: false }, terminal).catch(interrupted);
}

/** Asks a yes-or-no question; no is the default. @throws CliFailure (interrupted) on Ctrl-C. */
export function confirm(message: string, terminal: Terminal): Promise<boolean> {
  return confirmPrompt({ message, default: false }, terminal).catch(interrupted);
}

function interrupted(): never {
  throw new CliFailure('Interrupted.', EXIT.interrupted);
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
