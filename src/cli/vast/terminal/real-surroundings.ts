// The real environment, terminal, network and clock. Questions go to stderr: stdout belongs to the
// result.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import confirmPrompt from '@inquirer/confirm';
import passwordPrompt from '@inquirer/password';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { said } from '../../wrangler.ts';
import type { Surroundings } from './surroundings.ts';

/** How long one command may take, in milliseconds. */
const TIMEOUT_MS = 120_000;

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

type Terminal = Parameters<typeof passwordPrompt>[1];

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

/** One that takes too long is stopped. */
async function runCommand(command: string, input: string, env: Surroundings['env']) {
  const child = spawn(command, {
    shell: true,
    // A group of its own: Ctrl-C must not stop it while it stores a secret that is shown only once.
    detached: process.platform !== 'win32',
    env: { ...env },
  });
  const timer = setTimeout(() => stop(child.pid), TIMEOUT_MS);
  // A command that ends without reading breaks the pipe; its exit code says enough.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    return await said(child);
  } catch (error) {
    return { code: 127, stdout: '', stderr: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

function stop(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid);
  } catch {
    // It has just ended by itself.
  }
}
