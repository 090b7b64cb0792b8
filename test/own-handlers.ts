// Tests run the whole Worker with handlers of their own, so that they pass, and talk to nobody,
// whatever the user's do.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const OWN = join(ROOT, 'test/workerd/handlers.ts');

/**
 * For Vite's `alias`, and wrangler's in a configuration: each module of the user's room, as
 * src/index.ts names it.
 */
export const ownHandlers: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('handlers/*.ts', { cwd: join(ROOT, 'src') }).map((file) => [`./${file}`, OWN]),
);

/**
 * The same for `wrangler dev`, and so for `npm start`, which ignores `--alias`: a configuration
 * that differs from the project's in nothing else, written into `directory`.
 *
 * @returns The flags that name it.
 */
export function ownHandlersFlags(directory: string, file: string = OWN): readonly string[] {
  const config = join(directory, 'wrangler.toml');
  const project = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8').replace('"src/', `"${join(ROOT, 'src')}/`);
  const aliases = Object.keys(ownHandlers).map((name) => `"${name}" = "${file}"`);
  writeFileSync(config, [project, '[alias]', ...aliases, ''].join('\n'));
  return ['--config', config];
}
