// Everything that a test's subject writes to the console, instead of the console.
import { vi } from 'vitest';

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/**
 * Starts collecting; `lines()` is the text so far, `events()` the JSON lines among it. Undone by
 * `vi.restoreAllMocks`.
 */
export function collectConsole() {
  const lines: string[] = [];
  const methods: string[] = [];
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(' '));
      methods.push(method);
    });
  }
  return {
    lines: (): readonly string[] => lines,
    /** Of each line the method that wrote it: its level. */
    methods: (): readonly string[] => methods,
    events: () =>
      lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
