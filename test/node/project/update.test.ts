// How the next version comes into a clone whose handlers, limits and wrangler.toml were edited, as
// the README's "Update your clone" does it. It holds while releases keep CHANGELOG.md's promise.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = ['src/handlers/index.ts', 'src/handlers/notices.ts', 'src/limits.ts', 'wrangler.toml', 'README.md'];

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'update-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  for (const file of FILES) cpSync(join(ROOT, file), join(base, 'upstream', file));
  git('upstream', 'init', '-q', '-b', 'main');
  commit('upstream');
  git('.', 'clone', '-q', 'upstream', 'clone');
});

function git(repository: string, ...args: string[]): string {
  const settings = ['user.name=x', 'user.email=x@example.com', 'commit.gpgsign=false', 'core.hooksPath=none'];
  const options = settings.flatMap((setting) => ['-c', setting]);
  return execFileSync('git', [...options, ...args], { cwd: join(base, repository), encoding: 'utf8', stdio: 'pipe' });
}

function commit(repository: string): void {
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'x');
}

const read = (path: string) => readFileSync(join(base, path), 'utf8');

/** Edits a file, which must change by it. */
function edit(path: string, change: (text: string) => string): void {
  const text = read(path);
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(join(base, path), changed);
}

/** What a user makes of the files that are theirs to edit. */
function editClone(): void {
  // Whatever they hold by now, they are the user's.
  for (const file of ['index.ts', 'notices.ts']) edit(`clone/src/handlers/${file}`, (text) => `// Mine.\n${text}`);
  mkdirSync(join(base, 'clone/src/handlers/bids'));
  writeFileSync(join(base, 'clone/src/handlers/bids/raise.ts'), 'export const raise = 1;\n');
  edit('clone/wrangler.toml', (text) =>
    text.replace(/^name = .*/m, 'name = "my-own"').replace(/^binding = "SEEN"/m, '$&\nid = "0123"'),
  );
}

/** Upstream's next version: all but the handlers. A limit is added between any two. */
function release(): void {
  edit('upstream/src/limits.ts', (text) =>
    text.replaceAll('\n\n/**', '\n\n/** A new limit, in seconds. */\nexport const NEW = 1;\n\n/**'),
  );
  edit(
    'upstream/wrangler.toml',
    (text) => `${text.replace(/^compatibility_date = .*/m, 'compatibility_date = "2027-01-01"')}\n[vars]\n`,
  );
  edit('upstream/README.md', (text) => text.replaceAll('Worker', 'worker'));
  commit('upstream');
}

describe('the next version', () => {
  test('comes in without a conflict where handlers, notices, wrangler.toml and every limit were edited', () => {
    editClone();
    edit('clone/src/limits.ts', (text) => text.replaceAll(/(?<=^export const [A-Z_]+ = )[^;]+(?=;$)/gm, '7'));
    commit('clone');
    const mine = read('clone/src/handlers/index.ts') + read('clone/src/handlers/notices.ts');
    release();

    git('clone', 'pull', '-q', '--no-rebase', '--no-edit');
    expect(read('clone/src/handlers/index.ts') + read('clone/src/handlers/notices.ts')).toBe(mine);
    expect(read('clone/src/handlers/bids/raise.ts')).toContain('raise');
    expect(read('clone/src/limits.ts')).toMatch(/MAX_BODY_BYTES = 7;[\s\S]*NEW = 1;/);
    expect(read('clone/wrangler.toml')).toMatch(/name = "my-own"[\s\S]*2027-01-01[\s\S]*id = "0123"/);
    expect(read('clone/README.md')).toContain('worker');
  });

  test('conflicts where it changes the very line that the user edited, and only there', () => {
    const raised = (to: string) => (text: string) => text.replace(/(?<=MAX_BODY_BYTES = )[\d_]+/, to);
    editClone();
    edit('clone/src/limits.ts', raised('1'));
    commit('clone');
    edit('upstream/src/limits.ts', raised('2'));
    release();

    expect(() => git('clone', 'pull', '-q', '--no-rebase', '--no-edit')).toThrow();
    expect(git('clone', 'diff', '--name-only', '--diff-filter=U').trim()).toBe('src/limits.ts');
  });
});
