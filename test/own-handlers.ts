// Tests run the whole Worker with handlers of their own, so that they pass, and talk to nobody,
// whatever the user's do.
import { globSync } from 'node:fs';
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
