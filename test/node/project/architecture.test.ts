// Who may import whom. Each room knows only the rooms named here, beside the shared modules.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsIn, importsOf } from './imports-of.ts';

const SRC = join(import.meta.dirname, '../../../src');

/** Modules at the top of src that every room may use. They use each other only. */
const SHARED = [
  'duration.ts',
  'endpoint.ts',
  'env.ts',
  'failures.ts',
  'limits.ts',
  'log.ts',
  'published-secrets.ts',
  'read-body.ts',
  'result.ts',
  'retry-after.ts',
  'this-machine.ts',
  'usable-secret.ts',
  'with-timeout.ts',
];

/** A room's name allows the whole room, a file's name that file alone. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  // What a look at an instance tells, and the type that observed events carry.
  event: ['vast/instances.ts'],
  signature: ['event/dialect.ts'],
  queue: ['event'],
  edge: ['signature', 'event', 'queue'],
  consumer: ['event', 'queue', 'ledger'],
  handlers: ['event', 'consumer/define-handlers.ts', 'consumer/define-notices.ts', 'destinations'],
  destinations: ['event'],
  // The watchdog and a replay send events again.
  ledger: ['event', 'queue'],
  ops: ['ledger', 'patrol', 'queue', 'event'],
  vast: [],
  patrol: ['vast', 'event', 'queue', 'ledger/client.ts'],
  cli: ['signature', 'event', 'vast'],
};

/** A file that stands in one room and plays a part in another. */
const MAY_ALSO_IMPORT: Record<string, readonly string[]> = {
  // Runs handlers for the user's tests.
  'handlers/testing.ts': ['consumer/run-handler.ts'],
  // Takes the place of src/handlers/index.ts in the demo.
  'cli/demo-handlers.ts': ['consumer/define-handlers.ts'],
};

/** Wiring: the top of the tree. */
const WIRING = ['app.ts', 'index.ts'];

const files = globSync('**/*.{ts,tsx}', { cwd: SRC })
  .filter((file) => !file.endsWith('.d.ts'))
  .sort();
const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file);

/** Files of src that a file imports, as paths from src. */
const localImports = (file: string) =>
  importsOf(join(SRC, file))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(SRC, join(SRC, dirname(file), specifier)));

const packageImports = (file: string) => importsOf(join(SRC, file)).filter((specifier) => !specifier.startsWith('.'));

function mayImport(file: string, imported: string): boolean {
  const [from, to] = [roomOf(file), roomOf(imported)];
  if (imported === 'index.ts' || (to === 'cli' && from !== 'cli')) return false;
  if (WIRING.includes(file)) return true;
  if (SHARED.includes(imported)) return true;
  if (SHARED.includes(file)) return false;
  if (from === to) return true;
  return [...(MAY_IMPORT[from] ?? []), ...(MAY_ALSO_IMPORT[file] ?? [])].some(
    (allowed) => allowed === to || allowed === imported,
  );
}

test('every file of src stands in a room, is shared, or is wiring', () => {
  const homeless = files.filter((file) => ![...Object.keys(MAY_IMPORT), ...SHARED, ...WIRING].includes(roomOf(file)));
  expect(homeless).toEqual([]);
});

test.each(files)('%s imports only what its room may import', (file) => {
  expect(localImports(file).filter((imported) => !mayImport(file, imported))).toEqual([]);
});

test.each(files)('%s names its relative imports with their endings, as Node needs them', (file) => {
  expect(localImports(file).filter((imported) => !/\.(ts|tsx|json)$/.test(imported))).toEqual([]);
});

/** The first file that reaches itself, with its way there; undefined where none does. */
function findCircle(importsOfFile: (file: string) => readonly string[], all: readonly string[]): string[] | undefined {
  const clean = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (clean.has(file)) return undefined;
    for (const imported of importsOfFile(file)) {
      const circle = visit(imported, [...way, file]);
      if (circle) return circle;
    }
    clean.add(file);
    return undefined;
  };
  for (const file of all) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

test('no file of src reaches itself', () => {
  expect(findCircle(localImports, files)).toBeUndefined();
});

test('what is deployed imports no package but the dependencies, and nothing of Node', () => {
  const { dependencies } = JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const allowed = ['cloudflare:workers', ...Object.keys(dependencies)];
  const foreign = files
    .filter((file) => roomOf(file) !== 'cli' && !file.endsWith('.test.ts'))
    .flatMap((file) => packageImports(file).map((name) => `${file}: ${name}`))
    .filter((line) => !allowed.some((name) => line.endsWith(`: ${name}`) || line.includes(`: ${name}/`)));
  expect(foreign).toEqual([]);
});

describe('the rules themselves', () => {
  test.each([
    ['edge/receive.ts', 'consumer/batch.ts'],
    ['edge/receive.ts', 'ledger/transitions.ts'],
    ['event/parse.ts', 'signature/verify.ts'],
    ['signature/verify.ts', 'event/parse.ts'],
    ['handlers/index.ts', 'consumer/batch.ts'],
    ['consumer/batch.ts', 'index.ts'],
    ['app.ts', 'index.ts'],
    ['app.ts', 'cli/trigger.ts'],
    ['cli/trigger.ts', 'edge/receive.ts'],
    ['cli/trigger.ts', 'index.ts'],
    ['limits.ts', 'event/parse.ts'],
  ])('forbid %s to import %s', (file, imported) => {
    expect(mayImport(file, imported)).toBe(false);
  });

  test('find a circle, and none where two ways lead to one file', () => {
    const graph: Record<string, string[]> = {
      a: ['b', 'c'],
      b: ['d'],
      c: ['d'],
      d: [],
      x: ['a', 'y'],
      y: ['z'],
      z: ['y'],
    };
    const importsIn = (file: string) => graph[file] ?? [];
    expect(findCircle(importsIn, ['a', 'b', 'c', 'd'])).toBeUndefined();
    expect(findCircle(importsIn, ['x'])).toEqual(['y', 'z', 'y']);
  });

  test('see every way to import', () => {
    const code = `
      import './a.ts';
      import type { B } from './b.ts';
      export * from './c.ts';
      export type { D } from './d.ts';
      type E = import('./e.ts').E;
      const f = () => import('./f.ts');
      import g = require('./g.ts');
      // import './comment.ts'
      const text = "import './text.ts'";
    `;
    expect(new Set(importsIn(code))).toEqual(
      new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`)),
    );
  });
});
