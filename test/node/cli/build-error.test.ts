// Why the Worker does not build, and that `npm run trigger` says so. What `wrangler dev` does then
// was measured: it listens, and holds every request until the build succeeds.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { buildError } from '../../../src/cli/build-error.ts';
import { fakeWorker } from './fake-worker.ts';
import { runTriggerHere } from './run-trigger-here.ts';

const broken: { at?: string | undefined } = {};
vi.mock('../../../src/cli/build-error.ts', async (original) => {
  const { buildError: real } = await original<typeof import('../../../src/cli/build-error.ts')>();
  return { buildError: async (directory?: string) => broken.at ?? real(directory) };
});
afterEach(() => {
  broken.at = undefined;
});

it('finds none in the Worker as it is', async () => {
  expect(await buildError()).toBeUndefined();
});

it('names file, line and column of the first error', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-build-'));
  mkdirSync(join(directory, 'src'));
  writeFileSync(join(directory, 'src/index.ts'), "import './other.ts';\n");
  writeFileSync(join(directory, 'src/other.ts'), 'export const fine = 1;\nexport const x = {{{\n');
  expect(await buildError(directory)).toBe('src/other.ts:2:19: Expected identifier but found "{"');
  rmSync(directory, { recursive: true });
});

it('is told while the Worker holds the request, which goes on once the build succeeds', async () => {
  broken.at = 'src/handlers/index.ts:15:18: Expected identifier';
  let said = '';
  await using worker = await fakeWorker(async () => {
    await vi.waitUntil(() => said.includes('Expected identifier'), { timeout: 9_000 });
    return { status: 200, body: { received: true } };
  });
  const stderr = (text: string) => {
    said += text;
  };
  const { code } = await runTriggerHere(['outbid', '--url', worker.url], { stderr });
  expect(said).toBe(`Note: ${worker.url} answers nothing until the code builds again: ${broken.at}\n`);
  expect(code).toBe(0);
});

it('is why there was no answer in time', async () => {
  broken.at = 'src/handlers/index.ts:15:18: Expected identifier';
  const { promise: never, resolve } = Promise.withResolvers<{ status: number; body: unknown }>();
  await using worker = await fakeWorker(() => never);
  const { code, stderr } = await runTriggerHere(['outbid', '--url', worker.url]);
  resolve({ status: 200, body: {} });
  expect(code).toBe(1);
  expect(stderr).toContain('error: ');
  expect(stderr).toContain('until the code builds again');
  expect(stderr).not.toContain('10 s');
});
