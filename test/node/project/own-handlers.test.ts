// Whatever a user writes into src/handlers/, the tests run without it: each Worker that they start
// has handlers of theirs.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ownHandlers } from '../../own-handlers.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const files = globSync(['{src,test}/**/*.{ts,tsx}', 'vitest.config.ts'], { cwd: ROOT });

/**
 * What a file imports from the project, as paths from its root. Read as text, for some imports are
 * computed.
 */
const importsOf = (file: string) =>
  [...read(file).matchAll(/\b(?:from|import) ?\(?'(\.[^']*)'/g)].map(([, specifier = '']) =>
    relative(ROOT, join(ROOT, dirname(file), specifier)),
  );
/** The kit for users' tests stands in their room, but is not theirs to change. */
const KIT = 'src/handlers/testing.ts';
const usersModules = (file: string) =>
  importsOf(file).filter((path) => path.startsWith('src/handlers/') && path !== KIT);

test('of everything outside the user’s room, only src/index.ts imports from it', () => {
  const outside = files.filter((file) => !file.startsWith('src/handlers/'));
  expect(outside.filter((file) => usersModules(file).length > 0)).toEqual(['src/index.ts']);
});

test('whatever src/index.ts imports from it is replaced, in the tests and in the demo', () => {
  const imported = usersModules('src/index.ts').map((path) => `./${relative('src', path)}`);
  expect(imported).toContain('./handlers/index.ts');
  expect(Object.keys(ownHandlers)).toEqual(expect.arrayContaining(imported));
  expect(imported.filter((name) => !read('src/cli/demo.ts').includes(`'${name}'`))).toEqual([]);
});

test('nothing that is deployed imports the kit for tests', () => {
  const importers = files.filter((file) => importsOf(file).includes(KIT));
  expect(importers.length).toBeGreaterThan(1);
  expect(importers.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
});

test('every file that starts a Worker for a test names the tests’ handlers', () => {
  const starts = /\bstartLocalWorker\(|\bcloudflareTest\(|\/dev\.ts'|'npm', \['(?:start|run)'/;
  const starters = files.filter((file) => /^(?:test\/|vitest)/.test(file) && starts.test(read(file)));
  expect(starters.length).toBeGreaterThan(4);
  const careless = starters.filter((file) => !importsOf(file).includes('test/own-handlers.ts'));
  // The benches' Workers are not made of src/index.ts, and bring handlers along. The other one runs
  // the user's on purpose, and sends them nothing.
  expect(careless).toEqual(['test/node/cli/deploy/types-first.test.ts', 'test/bench/bench-worker.ts']);
  const benches = globSync('test/workerd/bench/*.ts', { cwd: ROOT });
  expect(benches.filter((file) => importsOf(file).includes('src/index.ts'))).toEqual([]);
});
