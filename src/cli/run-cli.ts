// Runs a command to its exit code. Only what nobody foresaw gets a stack trace.
import { CliFailure } from './cli-failure.ts';

/** The command's number becomes the exit code; a `CliFailure` is printed as one line, and its code is the exit code. */
export async function runCli(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
