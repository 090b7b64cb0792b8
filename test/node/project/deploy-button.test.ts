// What Cloudflare's "Deploy to Cloudflare" page reads of a repository
// (developers.cloudflare.com/workers/platform/deploy-buttons).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { PUBLISHED_SECRETS } from '../../../src/published-secrets.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Manifest {
  readonly scripts: Record<string, string>;
  readonly cloudflare: { readonly bindings: Record<string, { readonly description: string }> };
}
const { scripts, cloudflare } = JSON.parse(read('package.json')) as Manifest;
const described = Object.keys(cloudflare.bindings);
const example = read('.dev.vars.example');
const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') });
const producers = config.queues.producers as { binding: string; queue?: string }[];
const namespaces = config.kv_namespaces as { binding: string }[];
const objects = config.durable_objects.bindings as { name: string }[];

/** Set by our own commands or tests, and asked of nobody. */
const INTERNAL = ['VASTAI_ROTATION_UNTIL', 'LOCAL_DEV', 'VAST_API_URL'];
const bindings = [...[...namespaces, ...producers].map(({ binding }) => binding), ...objects.map(({ name }) => name)];
const secrets = [
  'VASTAI_WEBHOOK_SECRET',
  'VASTAI_WEBHOOK_SECRET_2',
  ...[...read('src/env.ts').matchAll(/^ {2}([A-Z_]+)\?: string;$/gm)].map(([, name = '']) => name),
].filter((name) => !INTERNAL.includes(name));

test('every binding and every secret is described, and nothing else', () => {
  expect(new Set(described)).toEqual(new Set([...bindings, ...secrets]));
});

test.each(Object.entries(cloudflare.bindings))(
  'the description of %s is text that the page renders',
  (_, { description }) => {
    // Code, bold, italics and links with an address in full; no other Markdown, no HTML.
    const plain = description.replaceAll(/`[^`]+`|\[[^\]]+\]\(https:\/\/[^)\s]+\)/g, '');
    expect(plain).not.toMatch(/[<>[\]#|\n`]/);
    expect(description.length).toBeLessThan(300);
  },
);

describe('.dev.vars.example, of which the page asks every entry', () => {
  test('fills in no value', () => {
    expect(Object.values(parseEnv(example)).filter((value) => value !== '')).toEqual([]);
  });

  test('holds no published value, not even in a comment', () => {
    for (const value of Object.values(PUBLISHED_SECRETS)) expect(example).not.toContain(value);
  });

  test('does not ask for a signing secret, which nobody has before the first deploy', () => {
    expect(Object.keys(parseEnv(example)).filter((name) => name.startsWith('VASTAI_'))).toEqual([]);
  });

  test('names nothing that is not described', () => {
    const named = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect(named).toContain('OPS_TOKEN');
    expect(named.filter((name) => !described.includes(name ?? ''))).toEqual([]);
  });

  test('is the only such file', () => {
    expect(existsSync(join(ROOT, '.env.example'))).toBe(false);
  });
});

test('the page finds the command that deploys, and no build before it', () => {
  expect(scripts.deploy).toContain('src/cli/deploy.ts');
  expect(scripts).not.toHaveProperty('build');
});

test('resources have names, and none belongs to an account', () => {
  expect(config.name).toBe('vastai-webhooks');
  expect(producers.map(({ queue }) => queue)).not.toContain(undefined);
});

test('the README keeps the place of the button until the repository has an address', () => {
  expect(read('README.md')).toMatch(/^<!-- .*https:\/\/deploy\.workers\.cloudflare\.com\/\?url=.* -->$/m);
});
