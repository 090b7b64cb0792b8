// Runs one of the project's commands as `npm run` does, in a process of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

export interface Ended {
  /** As a shell has it: 128 and the signal's number where one ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @param name Of a script in package.json.
 * @param environment Replaces the webhook secrets of whoever runs the tests; everything else is
 * inherited.
 */
export function runCommand(
  name: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Ended> {
  const [node, ...script] = scripts[name]?.split(' ') ?? [];
  if (node !== 'node') throw new Error(`npm run ${name} is no script for Node`);
  return runScript([...script, ...args], environment, signal);
}

/** @param signal Interrupts the script as Ctrl-C does. */
export function runScript(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('VASTAI_'));
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  signal?.addEventListener('abort', () => child.kill('SIGINT'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  child.once('error', reject);
  child.once('close', (code, signal) => {
    resolve({ code: signal === null ? code : 128 + constants.signals[signal], stdout, stderr });
  });
  return promise;
}
