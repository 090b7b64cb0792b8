// `Bindings` in src/env.ts against what wrangler reads from wrangler.toml: the two cannot drift
// apart.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { experimental_generateTypes as generateTypes } from 'wrangler';

const ROOT = join(import.meta.dirname, '../../..');

/** Name and type of each member of the interface, comments left out. */
function membersOf(code: string, interfaceName: RegExp): Record<string, string> {
  const body = new RegExp(`interface ${interfaceName.source} \\{([^}]*)\\}`).exec(code)?.[1];
  if (body === undefined) throw new Error(`no interface ${interfaceName.source}`);
  const withoutComments = body.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const members = [...withoutComments.matchAll(/^\s*(?:readonly )?(\w+\??): (.+?);?\s*$/gm)];
  return Object.fromEntries(
    members.map(([, name, type]) => [name as string, (type as string).trim().replaceAll(/import\("[^"]*"\)\./g, '')]),
  );
}

test('Bindings declares exactly the bindings of wrangler.toml, each of its kind', async () => {
  // Away from the project, where a developer's own .dev.vars would be read as bindings, too.
  const directory = mkdtempSync(join(tmpdir(), 'vastai-types-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  copyFileSync(join(ROOT, 'wrangler.toml'), join(directory, 'wrangler.toml'));
  const generated = await generateTypes({
    config: join(directory, 'wrangler.toml'),
    path: join(directory, 'env.d.ts'),
    includeRuntime: false,
  });
  const configured = membersOf(generated.env ?? '', /__BaseEnv_Env/);
  const declared = membersOf(readFileSync(join(ROOT, 'src/env.ts'), 'utf8'), /Bindings/);
  expect(Object.keys(configured)).not.toHaveLength(0);
  expect(declared).toEqual(configured);
});
