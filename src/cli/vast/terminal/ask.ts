// Questions to whoever sits at the terminal. They go to stderr: stdout belongs to the result.
import confirmPrompt from '@inquirer/confirm';
import passwordPrompt from '@inquirer/password';
import { CliFailure, EXIT } from '../../cli-failure.ts';

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks for a line without showing it. @throws CliFailure (interrupted) on Ctrl-C. */
export function askHidden(message: string, terminal: Terminal): Promise<string> {
  return passwordPrompt({ message, toggleMask: false }, terminal).catch(interrupted);
}

/** Asks a yes-or-no question; no is the default. @throws CliFailure (interrupted) on Ctrl-C. */
export function confirm(message: string, terminal: Terminal): Promise<boolean> {
  return confirmPrompt({ message, default: false }, terminal).catch(interrupted);
}

function interrupted(): never {
  throw new CliFailure('Interrupted.', EXIT.interrupted);
}
