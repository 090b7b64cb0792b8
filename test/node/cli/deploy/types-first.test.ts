// What TypeScript refuses is not deployed, and `dev` says so. Tried on a copy of the project with a
// handler for a type that does not exist: it would compile to a handler that never runs.
import { spawn } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { projectRoot } from '../../../../src/cli/project-root.ts';
import { freePort } from '../../free-port.ts';
import { runScript } from '../run-command.ts';
import { startCloudflare } from './cloudflare.ts';
import { inEmptyDirectory } from './empty-directory.ts';

const HANDLERS = `
import { defineHandlers } from '../consumer/define-handlers.ts';
export const handlers = defineHandlers({ low_credits: async () => undefined, fallback: async () => undefined });
`;

function inProjectWithTypo<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return inEmptyDirectory((directory) => {
    for (const name of ['src', 'package.json', 'tsconfig.json', 'wrangler.toml', '.dev.vars.example']) {
      cpSync(join(projectRoot, name), join(directory, name), { recursive: true });
    }
    symlinkSync(join(projectRoot, 'node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'src/handlers/index.ts'), HANDLERS);
    return use(directory);
  });
}

it('refuses to deploy a handler with a mistyped name, and sends nothing', async () => {
  const cloudflare = await startCloudflare();
  await inProjectWithTypo(async (directory) => {
    const { code, stderr } = await runScript([join(directory, 'src/cli/deploy.ts')], cloudflare.environment);
    expect(stderr).toContain("'low_credits' does not exist");
    expect(stderr.trim().split('\n').at(-1)).toBe('error: not deployed: what does not compile would not run (above)');
    expect(code).toBe(1);
  });
  expect(cloudflare.requests).toEqual([]);
});

it('runs it locally all the same, with a warning', async () => {
  await inProjectWithTypo(async (directory) => {
    const args = ['--port', String(await freePort()), '--inspector-port', '0'];
    const dev = spawn(process.execPath, [join(directory, 'src/cli/dev.ts'), ...args]);
    onTestFinished(() => {
      dev.kill();
    });
    let said = '';
    for (const stream of [dev.stdout, dev.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const exit = new Promise((resolve) => dev.once('close', resolve));
    await vi.waitUntil(() => said.includes('Ready on') && said.includes('warning:'), { timeout: 120_000 });
    expect(said).toContain("'low_credits' does not exist");
    expect(said).toContain('warning: `npm run deploy` will refuse this code (above).');
    dev.kill('SIGINT');
    expect(await exit).toBe(0);
  });
});
