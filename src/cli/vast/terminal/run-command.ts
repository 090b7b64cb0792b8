// A command of the shell, fed on standard input: what it is given is on no command line.
import { spawn } from 'node:child_process';
import type { CommandEnd, Surroundings } from './surroundings.ts';

/** How long one command may take, in milliseconds. */
const TIMEOUT_MS = 120_000;
/** Kept of what a command prints, in characters. */
const MAX_KEPT = 20_000;

/**
 * Runs a shell command with `input` on standard input. One that takes too long is stopped.
 *
 * @returns Its exit code, null where a signal ended it, and the end of what it said.
 */
export async function runCommand(command: string, input: string, env: Surroundings['env']): Promise<CommandEnd> {
  const { promise, resolve } = Promise.withResolvers<CommandEnd>();
  const child = spawn(command, {
    shell: true,
    // A group of its own: Ctrl-C must not stop it while it stores a secret that is shown only once.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env },
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] = (said[stream] + text).slice(-MAX_KEPT);
    });
  }
  const timer = setTimeout(() => stop(child.pid), TIMEOUT_MS);
  child.on('error', (error) => resolve({ ...said, code: 127, stderr: error.message }));
  child.on('close', (code) => resolve({ ...said, code }));
  // A command that ends without reading breaks the pipe; its exit code says enough.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    return await promise;
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
