// Documents do not drift: what they name exists, what they link is there, what they show compiles.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { statuses } from '../../../src/ledger/status.ts';
import { anchorsIn, documents, filesNamedIn, localLinksIn, root } from './documents.ts';

/**
 * The front page gets a stranger to a running system; everything else has its place beside the
 * code.
 */
const README_LINES = 220;
/** Documents are read raw, too, in editors and terminals. */
const LINE_WIDTH = 140;

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

const named = documents.map((document) => [document.path, document] as const);

it('the front page is short', () => {
  const readme = documents.find(({ path }) => path === 'README.md');
  expect(readme?.lines.length).toBeGreaterThan(50);
  expect(readme?.lines.length).toBeLessThanOrEqual(README_LINES);
});

describe.each(named)('%s', (path, document) => {
  it('has no line too long to be read raw, but for addresses by themselves', () => {
    const lines = document.lines.filter((line) => !/^\[\w+\]: https:\S+$/.test(line));
    expect(lines.filter((line) => line.length > LINE_WIDTH)).toEqual([]);
  });

  it('links only to files and headings that exist', () => {
    const broken = localLinksIn(document).filter(({ target, anchor }) => {
      if (!existsSync(join(root, target))) return true;
      const linked = documents.find((other) => other.path === target);
      return anchor !== '' && !(linked && anchorsIn(linked).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  // A changelog also names what is gone.
  it.skipIf(path === 'CHANGELOG.md')('names only files that exist', () => {
    const isThere = (name: string) => existsSync(join(root, name)) || existsSync(join(root, dirname(path), name));
    expect(filesNamedIn(document).filter((name) => !isThere(name))).toEqual([]);
  });

  it.skipIf(path === 'CHANGELOG.md')('names only scripts that exist', () => {
    const named = [...document.prose.matchAll(/`npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

it('every README is linked from another document', () => {
  const linked = new Set(documents.flatMap((document) => localLinksIn(document).map(({ target }) => target)));
  const orphans = documents.map(({ path }) => path).filter((path) => path !== 'README.md' && !linked.has(path));
  expect(orphans).toEqual([]);
});

it('the front page shows every room of src, and none that is not there', () => {
  const trees = documents.flatMap(({ path, blocks }) =>
    blocks.filter(({ text }) => path === 'README.md' && text.startsWith('src/')),
  );
  const shown = trees.flatMap(({ text }) => [...text.matchAll(/src\/([\w-]+)\//g)].map(([, room]) => room));
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(new Set(shown)).toEqual(new Set(rooms.map(({ name }) => name)));
});

it('code samples compile as handlers', { timeout: 120_000 }, async () => {
  const samples = documents.flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'ts'));
  expect(samples.length).toBeGreaterThan(1);
  const copy = mkdtempSync(join(tmpdir(), 'documents-'));
  try {
    cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const files = samples.map(({ text }, index) => {
      const file = `src/handlers/sample-${index}.ts`;
      writeFileSync(join(copy, file), text);
      return file;
    });
    const config = { extends: join(root, 'tsconfig.json'), include: [], files, exclude: [] };
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(config));
    const errors = await promisify(execFile)('npx', ['tsc', '-p', copy], { cwd: root }).then(
      ({ stdout }) => stdout,
      (failure: { stdout?: string; message: string }) => failure.stdout || failure.message,
    );
    expect(errors).toBe('');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

it('state diagrams name the statuses of the ledger, all of them', () => {
  const diagrams = documents
    .flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'mermaid'))
    .filter(({ text }) => text.startsWith('stateDiagram-v2\n'));
  expect(diagrams.length).toBeGreaterThan(0);
  for (const { text } of diagrams) {
    const states = new Set([...text.matchAll(/^ {2}(\S+) --> (\w+):/gm)].flatMap(([, from, to]) => [from, to]));
    states.delete('[*]');
    expect(states).toEqual(new Set(statuses));
  }
});
