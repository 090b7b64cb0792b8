// Runs a command to its exit code. Only what nobody foresaw gets a stack trace.
import { CliFailure } from './cli-failure.ts';

/** The command's number is the exit code; a `CliFailure` is printed as one line and has its own. */
export async function runCli(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
