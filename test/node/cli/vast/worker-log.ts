// The Worker's log lines, kept from the test's own output.
import { onTestFinished } from 'vitest';

let lines: string[] | undefined;

/** What the Worker logs until the test ends. */
export function collectLog(): readonly string[] {
  if (lines) return lines;
  const kept: string[] = [];
  lines = kept;
  const { log, warn, error } = console;
  const keep = (line: unknown) => void kept.push(String(line));
  Object.assign(console, { log: keep, warn: keep, error: keep });
  onTestFinished(() => {
    Object.assign(console, { log, warn, error });
    lines = undefined;
  });
  return kept;
}
