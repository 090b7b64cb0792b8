// Puts secrets where the Worker reads them, through wrangler. A value travels on standard input
// only; what the command prints is shown only if it fails, with the value blanked out.
import { hasOuterSpace } from '../../../usable-secret.ts';
import { oneLine } from '../../../vast/harmless.ts';
import { CliFailure } from '../../cli-failure.ts';
import type { Output } from '../terminal/output.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const PUT_TRIES = 3;
const PAUSE_MS = 3_000;

/** Ours alone: a command that stores one secret has no need to see the others. */
const KEPT_FROM_COMMANDS = /^(VAST_(API|READ)_KEY|OPS_TOKEN|VASTAI_WEBHOOK_SECRET.*)$/;

/**
 * @param wrangler The shell command for wrangler; `secret put NAME` and the like are appended.
 * @returns Calls that throw a `CliFailure` with what the command said where it fails.
 */
export function createSecretStore(wrangler: string, { env, runCommand, sleep }: Surroundings, output: Output) {
  const passedOn = Object.fromEntries(Object.entries(env).filter(([name]) => !KEPT_FROM_COMMANDS.test(name)));
  /** @returns What wrangler printed. */
  const secret = async (args: string, doing: string, value = '', tries = 1) => {
    for (let attempt = 1; ; attempt += 1) {
      const { code, stdout, stderr } = await runCommand(`${wrangler} secret ${args}`, value, passedOn);
      if (code === 0) return stdout;
      if (attempt === tries) {
        const said = oneLine(output.redact(`${stderr} ${stdout}`), 400) || 'it said nothing';
        throw new CliFailure(`"${wrangler}" could not ${doing} (exit ${code ?? 'by signal'}): ${said}`);
      }
      await sleep(PAUSE_MS * attempt);
    }
  };
  return {
    /** Stores a value, with retries. Wrangler would store an empty one without a word. */
    put: async (name: string, value: string) => {
      if (value.trim() === '') throw new CliFailure(`The value of ${name} is empty, so it was not stored.`);
      if (hasOuterSpace(value)) output.warn(`the value of ${name} begins or ends with white space.`);
      await secret(`put ${name}`, `store ${name}`, value, PUT_TRIES);
    },
    remove: (name: string) => secret(`delete ${name}`, `delete ${name}`),
    /** The names that are set. */
    list: async () => namesIn(await secret('list', 'list the secrets')),
  };
}

/** Wrangler prints `[{"name": …}]`, and may print a banner around it. */
function namesIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)].map(([name]) => name);
  return new Set(names.filter((name) => name.startsWith('VASTAI_WEBHOOK_SECRET')));
}
