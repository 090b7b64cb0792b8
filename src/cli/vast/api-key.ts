// The API key: from the environment or a prompt that does not echo. It is held in memory for this run only.
import { CliFailure, EXIT } from './cli-failure.ts';
import type { Output } from './output.ts';
import type { Surroundings } from './surroundings.ts';

const MISSING = 'No API key. Set VAST_API_KEY, or run this in a terminal to be asked for it.';

/** The key, protected in the output from now on. @throws CliFailure where there is none, or it is no key. */
export async function apiKey(surroundings: Surroundings, output: Output): Promise<string> {
  const given = surroundings.env.VAST_API_KEY ?? (await surroundings.askHidden?.('Vast.ai API key (not shown): '));
  const key = given?.trim() ?? '';
  if (key === '') throw new CliFailure(MISSING, EXIT.usage);
  // A header cannot carry anything else; a line break here is a paste gone wrong, and fetch would quote it in its error.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new CliFailure('The API key holds characters that no key has.', EXIT.usage);
  output.protect(key);
  return key;
}
