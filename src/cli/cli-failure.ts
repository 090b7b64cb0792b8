// How a command ends that does not end well: one clear line, and an exit code.

/** The exit codes of every command. Scripts depend on the numbers. */
export const EXIT = {
  ok: 0,
  /** Something was refused, or a check found a problem. Nothing is left half done. */
  failed: 1,
  /** The command line or the environment is wrong; nothing was tried. */
  usage: 2,
  /** Stopped half-way: the message says what is left and how to finish. */
  unfinished: 3,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An expected end of a command. Its message is one line for people and holds no secret. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A wrong command line or environment: exit code 2. */
export function usage(message: string): CliFailure {
  return new CliFailure(message, EXIT.usage);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
