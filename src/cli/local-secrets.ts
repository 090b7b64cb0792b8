// Which secret a test delivery is signed with. What is committed or meant for this machine never signs for another one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { fail, type Result, succeed } from '../result.ts';

const OWN_FILE = '.dev.vars';
const EXAMPLE_FILE = '.dev.vars.example';

export interface FoundSecret {
  readonly secret: string;
  /** Where it comes from, in words that may be printed. */
  readonly source: string;
}

export interface SecretSearch {
  /** The value of `--secret`, if it was given. */
  readonly given?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the delivery stays on this machine, which opens the files of local development. */
  readonly local: boolean;
  /** The directory with those files. */
  readonly directory: string;
}

/** The variable that holds an endpoint's live secret; no endpoint means the unnamed one. */
export function secretNameOf(endpoint: string | undefined): string {
  const suffix = endpoint === undefined ? '' : `_${endpoint.toUpperCase().replaceAll('-', '_')}`;
  return `VASTAI_WEBHOOK_SECRET${suffix}`;
}

/** The file with which the local Worker runs: your own, or the committed example while there is none. */
export function localVarsFile(directory: string): string {
  return existsSync(join(directory, OWN_FILE)) ? OWN_FILE : EXAMPLE_FILE;
}

/** Looks in `--secret`, the environment and, for a local Worker, the file it runs with. Fails with a line that says what to do. */
export function findSecret(endpoint: string | undefined, search: SecretSearch): Result<FoundSecret, string> {
  const name = secretNameOf(endpoint);
  if (search.given !== undefined) {
    return search.given === '' ? fail('--secret is empty') : succeed({ secret: search.given, source: '--secret' });
  }
  const fromEnvironment = search.environment[name];
  if (fromEnvironment) return succeed({ secret: fromEnvironment, source: `${name} from the environment` });
  if (!search.local) return fail(`no secret for a Worker elsewhere: set ${name} in the environment or pass --secret`);

  const file = localVarsFile(search.directory);
  const fromFile = readVars(join(search.directory, file))[name];
  if (fromFile) return succeed({ secret: fromFile, source: `${name} from ${file}` });
  return fail(`no secret: ${file} has no ${name} (add it to ${OWN_FILE}, set it in the environment, or pass --secret)`);
}

/** A variable of a Worker on this machine: from the environment, else from the file it runs with. */
export function findLocalVar(
  name: string,
  search: Pick<SecretSearch, 'environment' | 'directory'>,
): string | undefined {
  const { environment, directory } = search;
  return environment[name] || readVars(join(directory, localVarsFile(directory)))[name] || undefined;
}

function readVars(path: string): NodeJS.Dict<string> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}
