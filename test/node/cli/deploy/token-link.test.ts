// The link to the form for an API token asks for what a deploy needs, no more and no less.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../../src/cli/project-root.ts';
import { TOKEN_PERMISSIONS } from './cloudflare.ts';

/** The names that Cloudflare documents for its form ("API token template URLs"). */
const KEYS: Readonly<Record<string, string>> = {
  'Workers Scripts': 'workers_scripts',
  'Workers KV Storage': 'workers_kv_storage',
  Queues: 'queues',
  'Account Settings': 'account_settings',
};

it('fills in every permission that the deploy is tested with', () => {
  const text = readFileSync(join(projectRoot, 'src/cli/README.md'), 'utf8');
  const link = new URL(/^\[token\]: (\S+)$/m.exec(text)?.[1] ?? '');
  const asked = JSON.parse(link.searchParams.get('permissionGroupKeys') ?? '') as { key: string; type: string }[];
  expect(asked.map(({ key }) => key)).toEqual(TOKEN_PERMISSIONS.map((name) => KEYS[name]));
  expect(asked.map(({ type }) => type)).toEqual(['edit', 'edit', 'edit', 'read']);
});
