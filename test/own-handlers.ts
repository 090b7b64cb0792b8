// Tests run the whole Worker with handlers of their own, so that they pass, and talk to nobody,
// whatever the user's do.
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const OWN = join(ROOT, 'test/workerd/handlers.ts');

/** For Vite's `alias` and wrangler's: each module of the user's room, as src/index.ts names it. */
export const ownHandlers: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('handlers/*.ts', { cwd: join(ROOT, 'src') }).map((file) => [`./${file}`, OWN]),
);

/** The same for the command line of `wrangler dev`, and so of `npm start`. */
export const ownHandlersFlags: readonly string[] = Object.keys(ownHandlers).flatMap((file) => [
  '--alias',
  `${file}:${OWN}`,
]);

/**
 * Writes wrangler.toml's settings with the tests' handlers into a directory, and returns the file's
 * path.
 */
export async function configWithOwnHandlers(directory: string): Promise<string> {
  // Wrangler reads its environment when it is loaded: not before the caller has set it.
  const { unstable_readConfig } = await import('wrangler');
  const project = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') });
  // What reading adds is no setting: where the file was found, and an empty list of schedules.
  const { configPath, userConfigPath, topLevelName, definedEnvironments, triggers, ...settings } = project;
  const file = join(directory, 'wrangler.json');
  writeFileSync(file, JSON.stringify({ ...settings, alias: ownHandlers }));
  return file;
}
