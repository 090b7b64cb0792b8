// How a command ends: an exit code, or one plain line about what is wrong. A stack trace is only for what nobody foresaw.

/** Something that the person at the keyboard can put right. The message is one line and never holds a secret. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** Runs a command. Its number becomes the exit code; a `CliError` is printed and becomes 1. */
export async function runCli(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
