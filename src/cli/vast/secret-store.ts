// Puts secrets where the Worker reads them, through wrangler or a command of the operator's. A value travels on
// standard input only; what the command prints is kept back and shown, with the value blanked out, if it fails.
import { spawn } from 'node:child_process';
import { CliFailure } from './cli-failure.ts';
import { type Output, oneLine } from './output.ts';
import type { Surroundings } from './surroundings.ts';

export interface SecretCommands {
  readonly put: string;
  readonly remove?: string | undefined;
  readonly list?: string | undefined;
}

const WRANGLER: Required<SecretCommands> = {
  put: 'npx wrangler secret put',
  remove: 'npx wrangler secret delete',
  list: 'npx wrangler secret list',
};

/** How long one command may take, in milliseconds. */
const TIMEOUT_MS = 120_000;
const PUT_TRIES = 3;
const PUT_PAUSE_MS = 3_000;
/** Kept of what a command prints, in characters. */
const MAX_KEPT = 20_000;

export interface SecretStore {
  /** Stores a value, trying again if the command fails. @throws CliFailure with what the command said. */
  put(name: string, value: string): Promise<void>;
  /** @throws CliFailure also where no command for it is known. */
  remove(name: string): Promise<void>;
  /** The names that are set, or nothing where no command for it is known. */
  list(): Promise<ReadonlySet<string> | undefined>;
}

/** With a `put` command of one's own, wrangler is not used for the others either: it would look at another place. */
export function secretCommands(options: {
  readonly putSecret?: string | undefined;
  readonly deleteSecret?: string | undefined;
  readonly listSecrets?: string | undefined;
}): SecretCommands {
  const standard = options.putSecret === undefined ? WRANGLER : undefined;
  return {
    put: options.putSecret ?? WRANGLER.put,
    remove: options.deleteSecret ?? standard?.remove,
    list: options.listSecrets ?? standard?.list,
  };
}

export function createSecretStore(
  commands: SecretCommands,
  surroundings: Pick<Surroundings, 'env' | 'sleep'>,
  output: Output,
): SecretStore {
  return {
    put: async (name, value) => {
      for (let attempt = 1; ; attempt += 1) {
        const run = await runCommand(`${commands.put} ${name}`, value, surroundings.env);
        if (run.code === 0) return;
        if (attempt === PUT_TRIES) throw failed(`storing ${name}`, commands.put, run);
        await surroundings.sleep(PUT_PAUSE_MS * attempt);
      }
    },
    remove: async (name) => {
      if (commands.remove === undefined) {
        throw new CliFailure(`No command is known that deletes ${name}: give --delete-secret, or delete it yourself.`);
      }
      const run = await runCommand(`${commands.remove} ${name}`, '', surroundings.env);
      if (run.code !== 0) throw failed(`deleting ${name}`, commands.remove, run);
    },
    list: async () => {
      if (commands.list === undefined) return undefined;
      const run = await runCommand(commands.list, '', surroundings.env);
      if (run.code !== 0) throw failed('listing the names of the secrets', commands.list, run);
      return namesIn(run.stdout);
    },
  };

  function failed(doing: string, command: string, run: Run): CliFailure {
    const said = oneLine(output.redact(`${run.stderr} ${run.stdout}`), 400);
    return new CliFailure(
      `"${command}" failed while ${doing} (exit ${run.code ?? 'by signal'}): ${said || 'it said nothing'}`,
    );
  }
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Ours alone: the command that stores a secret has no business with the keys to other houses. */
const KEPT_FROM_COMMANDS = /^(VAST_API_KEY|OPS_TOKEN|VASTAI_WEBHOOK_SECRET.*)$/;

async function runCommand(command: string, input: string, env: Surroundings['env']): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const child = spawn(command, {
    shell: true,
    // A group of its own: Ctrl-C in the terminal must not tear it away from a secret that is shown only once.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !KEPT_FROM_COMMANDS.test(name))),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-MAX_KEPT);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_KEPT);
  });
  const timer = setTimeout(() => stop(child.pid), TIMEOUT_MS);
  child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
  child.on('close', (code) => resolve({ code, stdout, stderr }));
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

/** wrangler prints `[{"name": …}]`; another command may print one name a line. */
function namesIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)].map(([name]) => name);
  return new Set(names.filter((name) => name.startsWith('VASTAI_WEBHOOK_SECRET')));
}
