// Puts secrets where the Worker reads them, through wrangler. A value travels on standard input
// only; what the command prints is shown only if it fails, with the value blanked out.
import { hasOuterSpace } from '../../../usable-secret.ts';
import { oneLine } from '../../../vast/harmless.ts';
import { CliFailure } from '../../cli-failure.ts';
import type { Output } from '../terminal/output.ts';
import type { CommandEnd, Surroundings } from '../terminal/surroundings.ts';

const PUT_TRIES = 3;
const PUT_PAUSE_MS = 3_000;

/** Ours alone: a command that stores one secret has no need to see the others. */
const KEPT_FROM_COMMANDS = /^(VAST_(API|READ)_KEY|OPS_TOKEN|VASTAI_WEBHOOK_SECRET.*)$/;

export type SecretStore = ReturnType<typeof createSecretStore>;

/**
 * @param wrangler The shell command for wrangler; `secret put NAME` and the like are appended.
 * @returns Calls that throw a `CliFailure` with what the command said where it fails.
 */
export function createSecretStore(wrangler: string, { env, runCommand, sleep }: Surroundings, output: Output) {
  const passedOn = Object.fromEntries(Object.entries(env).filter(([name]) => !KEPT_FROM_COMMANDS.test(name)));
  const secret = (args: string, input = '') => runCommand(`${wrangler} secret ${args}`, input, passedOn);
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

  function failed(doing: string, run: CommandEnd): CliFailure {
    const said = oneLine(output.redact(`${run.stderr} ${run.stdout}`), 400);
    const how = `exit ${run.code ?? 'by signal'}`;
    return new CliFailure(`"${wrangler}" could not ${doing} (${how}): ${said || 'it said nothing'}`);
  }
}

/** Wrangler prints `[{"name": …}]`, and may print a banner around it. */
function namesIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)].map(([name]) => name);
  return new Set(names.filter((name) => name.startsWith('VASTAI_WEBHOOK_SECRET')));
}
