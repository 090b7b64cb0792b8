// Which secret a test delivery is signed with. What is committed or meant for this machine never
// signs for another one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { hasOuterSpace } from '../usable-secret.ts';
import { usage } from './cli-failure.ts';
import type { Target } from './target.ts';

const OWN_FILE = '.dev.vars';
const PUBLISHED_FILE = 'src/cli/dev.vars';

export interface SecretSearch {
  /** The value of `--secret`, if it was given. */
  readonly given?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The directory with the files of local development. */
  readonly directory: string;
}

/** The file of the local Worker: your own, or the committed one while there is none. */
export function localVarsFile(directory: string): string {
  return existsSync(join(directory, OWN_FILE)) ? OWN_FILE : PUBLISHED_FILE;
}

/**
 * Looks in `--secret`, the environment and, for a Worker on this machine, the file it runs with.
 *
 * @returns The secret and its source, in words that may be printed.
 * @throws CliFailure (usage) with a line that says where to put one.
 */
export function findSecret({ slots: [name], local }: Target, search: SecretSearch) {
  if (search.given?.trim() === '') throw usage('--secret is empty');
  if (search.given !== undefined) return found(search.given, '--secret');
  const fromEnvironment = search.environment[name];
  if (fromEnvironment) return found(fromEnvironment, `${name} from the environment`);
  if (!local) throw usage(`no secret for a Worker elsewhere: set ${name} in the environment or pass --secret`);

  const secret = findLocalVar(name, search);
  const file = localVarsFile(search.directory);
  if (secret !== undefined) return found(secret, `${name} from ${file}`);
  throw usage(`no secret: ${file} has no ${name} (add it to ${OWN_FILE}, set it in the environment, or pass --secret)`);
}

function found(secret: string, place: string) {
  return { secret, source: hasOuterSpace(secret) ? `${place}, which has white space at its ends` : place };
}

/** A variable of a local Worker: from the environment, else from the file it runs with. */
export function findLocalVar(name: string, { environment, directory }: SecretSearch): string | undefined {
  const path = join(directory, localVarsFile(directory));
  const fromFile = existsSync(path) ? parseEnv(readFileSync(path, 'utf8'))[name] : undefined;
  return environment[name] || fromFile || undefined;
}
