// All that a command says: lines for people, one JSON object for scripts, no secret in either.
import { CommanderError } from 'commander';
import { CliFailure, EXIT, type ExitCode, messageOf } from '../../cli-failure.ts';
import type { Surroundings } from './surroundings.ts';

/** Shorter values are not hidden: that would blank out ordinary words. */
const SHORTEST_SECRET = 4;

export type Output = ReturnType<typeof createOutput>;

export function createOutput(surroundings: Surroundings, json: boolean) {
  const secrets = new Set<string>();

  const redact = (text: string) => {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '[secret]');
    return shown;
  };
  const out = (line: string) => surroundings.stdout(`${redact(line)}\n`);
  const err = (line: string) => surroundings.stderr(`${redact(line)}\n`);

  return {
    /** From now on the value is shown as `[secret]`, wherever it turns up. */
    protect: (secret: string) => {
      if (secret.length >= SHORTEST_SECRET) secrets.add(secret);
    },
    redact,
    /** One line about a step. With `--json` on stderr, so that stdout stays parseable. */
    say: (line: string) => (json ? err(line) : out(line)),
    /** A hint that does not stop the command. */
    warn: (line: string) => err(`Note: ${line}`),
    /** The result: `lines` for people, `value` for scripts. Call it once. */
    result: (value: Readonly<Record<string, unknown>>, lines: readonly string[] = []) => {
      if (json) out(JSON.stringify({ ok: true, ...value }));
      else for (const line of lines) out(line);
    },
    /** The end of a command that threw: says why, and returns the exit code. */
    failure: (error: unknown): ExitCode => {
      const isUsage = error instanceof CommanderError;
      if (isUsage && error.exitCode === 0) return EXIT.ok;
      const exitCode = error instanceof CliFailure ? error.exitCode : isUsage ? EXIT.usage : EXIT.failed;
      if (json) out(JSON.stringify({ ok: false, exitCode, error: messageOf(error) }));
      // Commander has told people already.
      else if (!isUsage) err(`error: ${messageOf(error)}`);
      return exitCode;
    },
  };
}
