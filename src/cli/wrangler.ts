// Runs the project's own wrangler, or another tool's script, as a child process on this Node.
import { type ChildProcessWithoutNullStreams, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { EXIT } from './cli-failure.ts';
import { projectRoot } from './project-root.ts';
import { sayIfSlow } from './say-if-slow.ts';

const wranglerEntry = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');

/** A placeholder for `request.cf`, and no report of usage: no calls that only matter online. */
export const offlineEnvironment = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' };

/**
 * Runs wrangler on this terminal and returns its exit code. Ctrl-C and SIGTERM reach it first, so
 * that it can stop the Worker: the code is 130 then.
 *
 * @param unsaid What nobody need read of what it complains of.
 */
export async function runWrangler(
  args: readonly string[],
  environment: Record<string, string> = {},
  unsaid?: (complaint: string) => boolean,
): Promise<number> {
  const env = { ...offlineEnvironment, ...process.env, ...environment };
  const stdio: StdioOptions = ['inherit', 'inherit', unsaid ? 'pipe' : 'inherit'];
  const child = spawn(process.execPath, [wranglerEntry, ...args], { cwd: projectRoot, stdio, env });
  child.stderr?.setEncoding('utf8').on('data', (line: string) => unsaid?.(line) || process.stderr.write(line));
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    child.kill(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const status = code ?? (signal === null ? 1 : 128 + constants.signals[signal]);
    // Wrangler may say 0, 130 or 143 then: none of them means that it has done its work.
    return stopping ? EXIT.interrupted : status;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Runs wrangler and keeps what it writes, without colours. */
export async function captureWrangler(args: readonly string[]) {
  const env = { ...offlineEnvironment, ...process.env, WRANGLER_HIDE_BANNER: 'true' };
  const words = () => `waiting for \`wrangler ${args.slice(0, 2).join(' ')}\``;
  const { code, stdout, output } = await sayIfSlow(capture(wranglerEntry, args, { env }), words, console.error);
  return { code, stdout, output: stripVTControlCharacters(output) };
}

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** @returns Standard output by itself, and with the errors behind it. */
export async function capture(script: string, args: readonly string[], { env, signal }: Surroundings) {
  const child = spawn(process.execPath, [script, ...args], { cwd: projectRoot, env, signal });
  child.stdin.end();
  const { code, stdout, stderr } = await said(child);
  return { code: code ?? 1, stdout, output: stdout + stderr };
}

/** How a child has ended, and all that it said until then. Rejects where it cannot be started. */
export async function said(child: ChildProcessWithoutNullStreams) {
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, stdout, stderr };
}
