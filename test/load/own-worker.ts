// A Worker for one load: src/index.ts with handlers, secrets and storage of its own, so that nobody
// is told of made-up events and nothing of `npm start` is touched.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offlineEnvironment } from '../../src/cli/wrangler.ts';
import { configWithOwnHandlers } from '../own-handlers.ts';

export interface OwnWorker {
  readonly url: URL;
  readonly close: () => Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startOwnWorker(secrets: Record<string, string>): Promise<OwnWorker> {
  // Read by wrangler when it is loaded, so set first.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'none' });
  const { createTestHarness } = await import('wrangler');

  const directory = mkdtempSync(join(tmpdir(), 'vastai-load-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const configPath = await configWithOwnHandlers(directory);
  const server = createTestHarness({ root: directory, workers: [{ configPath, secrets }] });
  const { url } = await server.listen();
  return { url, close: () => server.close() };
}
