// What a command needs from outside. Tests hand in their own.

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Asks without echo. Absent where there is no terminal to ask at. */
  readonly askHidden?: ((question: string) => Promise<string>) | undefined;
  /** Asks a yes-or-no question; no is the default. Absent where there is no terminal. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Runs a section that an interrupt must not stop: the command ends after it instead. */
  readonly uninterrupted: <Value>(run: () => Promise<Value>) => Promise<Value>;
  /** Runs a shell command with `input` on standard input. A signal ends it without a `code`. */
  readonly runCommand: (
    command: string,
    input: string,
    env: Surroundings['env'],
  ) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}
