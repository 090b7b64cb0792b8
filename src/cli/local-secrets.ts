// Which secret a test delivery is signed with. What is committed or meant for this machine never
// signs for another one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { usage } from './cli-failure.ts';
import type { Target } from './target.ts';
import type { Surroundings } from './vast/terminal/surroundings.ts';

const OWN_FILE = '.dev.vars';
const PUBLISHED_FILE = 'src/cli/dev.vars';

export interface SecretSearch {
  /** The value of `--secret`, if it was given. */
  readonly given?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The directory with the files of local development. */
  readonly directory: string;
  /** Asks without echo. Absent where there is no terminal to ask at. */
  readonly askHidden?: Surroundings['askHidden'];
}

/** The file of the local Worker: your own, or the committed one while there is none. */
export function localVarsFile(directory: string): string {
  return existsSync(join(directory, OWN_FILE)) ? OWN_FILE : PUBLISHED_FILE;
}

/**
 * Looks in `--secret`, the environment and, for a Worker on this machine, the file it runs with;
 * for one elsewhere the terminal is asked. A command line is seen by others: in `ps`, in logs.
 *
 * @returns The secret and its source, in words that may be printed.
 * @throws CliFailure (usage) with a line that says where to put one.
 */
export async function findSecret({ slots: [name], local }: Target, search: SecretSearch) {
  const { given, environment, askHidden } = search;
  if (given !== undefined && !local) {
    throw usage(`--secret is for a Worker on this machine, because others can see it: set ${name} in the environment`);
  }
  if (given !== undefined) return found(given, '--secret');
  if (environment[name]) return found(environment[name], `${name} from the environment`);
  if (!local) {
    const where = `set ${name} in the environment, or run this in a terminal to be asked for it`;
    if (!askHidden) throw usage(`no secret for a Worker elsewhere: ${where}`);
    return found(await askHidden(`${name}:`), `${name} as entered`);
  }
  const secret = findLocalVar(name, search);
  const file = localVarsFile(search.directory);
  if (secret !== undefined) return found(secret, `${name} from ${file}`);
  throw usage(`no secret: ${file} has no ${name} (add it to ${OWN_FILE}, set it in the environment, or pass --secret)`);
}

function found(secret: string, source: string) {
  if (secret.trim() === '') throw usage(`the secret is empty (${source})`);
  return { secret, source };
}

/** A variable of a local Worker: from the environment, else from the file it runs with. */
export function findLocalVar(name: string, { environment, directory }: SecretSearch): string | undefined {
  const path = join(directory, localVarsFile(directory));
  const fromFile = existsSync(path) ? parseEnv(readFileSync(path, 'utf8'))[name] : undefined;
  return environment[name] || fromFile || undefined;
}
