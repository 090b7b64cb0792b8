// What `npm ci` installs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}
const lockFile = read('package-lock.json') as { packages: Record<string, LockedPackage> };
const manifest = read('package.json') as { allowScripts: Record<string, boolean> };
const locked = Object.entries(lockFile.packages);
const installed = (name: string) => locked.filter(([path]) => path.endsWith(`node_modules/${name}`));

test.each(['workerd', 'wrangler', 'miniflare', 'vite'])('there is one %s', (name) => {
  expect(installed(name).map(([path]) => path)).toEqual([`node_modules/${name}`]);
});

test('the lock file points to no registry of its own', () => {
  const pinned = locked.filter(([, { resolved }]) => resolved !== undefined);
  expect(pinned.map(([path]) => path)).toEqual([]);
});

test('every package is held to its content', () => {
  const unheld = locked.filter(([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'));
  expect(unheld.map(([path]) => path)).toEqual([]);
});

test('a Node comes with the packages where there is one, and never stops the installation', () => {
  const nodes = locked.filter(([path]) => /^node_modules\/node-(?:bin-)?(?:linux|darwin|win)/.test(path));
  expect(nodes.map(([, { os, cpu }]) => `${os} ${cpu}`).sort()).toEqual([
    'darwin arm64',
    'darwin x64',
    'linux arm64',
    'linux x64',
    'win32 x64',
  ]);
  expect(nodes.filter(([, { optional, hasInstallScript }]) => !optional || hasInstallScript)).toEqual([]);
});

test('every install script is approved by name', () => {
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = new Set(scripted.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  // fsevents is for macOS alone and works without its script.
  expect(
    [...names].filter((name) => name !== 'fsevents').filter((name) => manifest.allowScripts[name] !== true),
  ).toEqual([]);
});

test('the test runner keeps the name that the project asks for', () => {
  expect(installed('@cloudflare/vitest-pool-workers')).toHaveLength(1);
});

test('wrangler still knows how to leave out its recorder of traces, which would be measured with us', () => {
  const setting = /X_LOCAL_\w+/.exec(readFileSync(join(ROOT, 'src/cli/local-worker.ts'), 'utf8'))?.[0] ?? 'none';
  expect(readFileSync(join(ROOT, 'node_modules/wrangler/wrangler-dist/cli.js'), 'utf8')).toContain(`"${setting}"`);
});
