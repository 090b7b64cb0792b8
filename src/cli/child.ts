// Runs a script on this Node as a child process, and keeps what it writes.
import { type ChildProcess, spawn } from 'node:child_process';
import { projectRoot } from './project-root.ts';

interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** @returns Standard output by itself, and together with the errors as they came. */
export async function capture(script: string, args: readonly string[], { env = process.env, signal }: Surroundings) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    ...(signal && { signal }),
  });
  let [stdout, output] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const { code } = await ended(child);
  return { code: code ?? 1, stdout, output };
}

/** Rejects where the child cannot be started. */
export function ended(child: ChildProcess) {
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }));
  });
}
