// Puts secrets where the Worker reads them, through wrangler. A value travels on standard input
// only; what the command prints is shown only if it fails, with the value blanked out.
import { spawn } from 'node:child_process';
import { hasOuterSpace } from '../../../usable-secret.ts';
import { oneLine } from '../../../vast/one-line.ts';
import { CliFailure } from '../../cli-failure.ts';
import type { Output } from '../terminal/output.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

/** How long one command may take, in milliseconds. */
const TIMEOUT_MS = 120_000;
const PUT_TRIES = 3;
const PUT_PAUSE_MS = 3_000;
/** Kept of what a command prints, in characters. */
const MAX_KEPT = 20_000;

export type SecretStore = ReturnType<typeof createSecretStore>;

/**
 * @param wrangler The shell command for wrangler; `secret put NAME` and the like are appended.
 * @returns Calls that throw a `CliFailure` with what the command said where it fails.
 */
export function createSecretStore(wrangler: string, { env, sleep }: Surroundings, output: Output) {
  const secret = (args: string, input = '') => runCommand(`${wrangler} secret ${args}`, input, env);
  return {
    /** Stores a value, with retries. Wrangler would store an empty one without a word. */
    put: async (name: string, value: string): Promise<void> => {
      if (value.trim() === '') throw new CliFailure(`The value of ${name} is empty, so it was not stored.`);
      if (hasOuterSpace(value)) output.warn(`the value of ${name} begins or ends with white space.`);
      for (let attempt = 1; ; attempt += 1) {
        const run = await secret(`put ${name}`, value);
        if (run.code === 0) return;
        if (attempt === PUT_TRIES) throw failed(`store ${name}`, run);
        await sleep(PUT_PAUSE_MS * attempt);
      }
    },
    remove: async (name: string): Promise<void> => {
      const run = await secret(`delete ${name}`);
      if (run.code !== 0) throw failed(`delete ${name}`, run);
    },
    /** The names that are set. */
    list: async () => {
      const run = await secret('list');
      if (run.code !== 0) throw failed('list the secrets', run);
      return namesIn(run.stdout);
    },
  };

  function failed(doing: string, run: Run): CliFailure {
    const said = oneLine(output.redact(`${run.stderr} ${run.stdout}`), 400);
    const how = `exit ${run.code ?? 'by signal'}`;
    return new CliFailure(`"${wrangler}" could not ${doing} (${how}): ${said || 'it said nothing'}`);
  }
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Ours alone: a command that stores one secret has no need to see the others. */
const KEPT_FROM_COMMANDS = /^(VAST_API_KEY|OPS_TOKEN|VASTAI_WEBHOOK_SECRET.*)$/;

async function runCommand(command: string, input: string, env: Surroundings['env']): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const child = spawn(command, {
    shell: true,
    // A group of its own: Ctrl-C must not stop it while it stores a secret that is shown only once.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !KEPT_FROM_COMMANDS.test(name))),
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

/** Wrangler prints `[{"name": …}]`, and may print a banner around it. */
function namesIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)].map(([name]) => name);
  return new Set(names.filter((name) => name.startsWith('VASTAI_WEBHOOK_SECRET')));
}
