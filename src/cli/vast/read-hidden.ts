// Reads a line from a terminal without showing it: raw mode, so that neither we nor the terminal echo.
import type { Readable } from 'node:stream';
import { CliFailure, EXIT } from './cli-failure.ts';

export interface Terminal extends Readable {
  setRawMode(on: boolean): unknown;
}

const ENTER = new Set(['\r', '\n', '\u0004']);
const ERASE = new Set(['\b', '\u007f']);
const INTERRUPT = '\u0003';

/**
 * Asks a question and reads the answer up to Enter, a paste included.
 *
 * @param show Writes to the terminal; it gets the question and the line end, never a typed character.
 * @throws CliFailure on Ctrl-C.
 */
export async function readHidden(question: string, input: Terminal, show: (text: string) => void): Promise<string> {
  show(question);
  input.setRawMode(true);
  input.setEncoding('utf8');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = '';
  const onEnd = () => resolve(typed);
  const onData = (text: string) => {
    for (const character of text) {
      if (ENTER.has(character)) return resolve(typed);
      if (character === INTERRUPT) return reject(new CliFailure('Interrupted.', EXIT.interrupted));
      typed = ERASE.has(character) ? typed.slice(0, -1) : typed + character;
    }
  };
  input.on('data', onData);
  input.once('end', onEnd);
  input.resume();
  try {
    return await promise;
  } finally {
    input.off('data', onData);
    input.off('end', onEnd);
    input.setRawMode(false);
    input.pause();
    show('\n');
  }
}
