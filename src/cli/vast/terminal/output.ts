// Everything that a command says goes through here: plain lines for people, one JSON object for
// scripts, no secret in either.
import type { Surroundings } from './surroundings.ts';

/** Shorter values are not hidden: that would blank out ordinary words. */
const SHORTEST_SECRET = 4;

export interface Output {
  /** From now on the value is shown as `[secret]`, wherever it turns up. */
  protect(secret: string): void;
  redact(text: string): string;
  /** One line about a step. With `--json` on stderr, so that stdout stays parseable. */
  say(line: string): void;
  /** A hint that does not stop the command. */
  warn(line: string): void;
  /** The result: `lines` for people, `json` for scripts. Call it once. */
  result(json: Readonly<Record<string, unknown>>, lines?: readonly string[]): void;
  /** The end of a command that failed. */
  failure(message: string, exitCode: number): void;
}

export function createOutput(surroundings: Pick<Surroundings, 'stdout' | 'stderr'>, json: boolean): Output {
  const secrets = new Set<string>();

  const redact = (text: string) => {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '[secret]');
    return shown;
  };
  const out = (line: string) => surroundings.stdout(`${redact(line)}\n`);
  const err = (line: string) => surroundings.stderr(`${redact(line)}\n`);

  return {
    protect: (secret) => {
      if (secret.length >= SHORTEST_SECRET) secrets.add(secret);
    },
    redact,
    say: (line) => (json ? err(line) : out(line)),
    warn: (line) => err(`Note: ${line}`),
    result: (value, lines = []) => {
      if (json) out(JSON.stringify({ ok: true, ...value }));
      else for (const line of lines) out(line);
    },
    failure: (message, exitCode) => {
      if (json) out(JSON.stringify({ ok: false, exitCode, error: message }));
      else err(`error: ${message}`);
    },
  };
}
