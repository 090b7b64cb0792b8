// A Worker for one load: src/index.ts with your handlers, but with secrets and storage of its own, so that no destination
// is told of made-up events and nothing of `npm start` is touched.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/cli/project-root.ts';
import { offlineEnvironment } from '../../src/cli/wrangler.ts';

export interface OwnWorker {
  readonly url: URL;
  readonly close: () => Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startOwnWorker(secrets: Record<string, string>): Promise<OwnWorker> {
  // Read by wrangler when it is loaded, so set first.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'none' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');

  const directory = mkdtempSync(join(tmpdir(), 'vastai-load-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

  const project = unstable_readConfig({ config: join(projectRoot, 'wrangler.toml') });
  // What reading adds is no setting: where the file was found, and an empty list of schedules.
  const { configPath: _path, userConfigPath, topLevelName, definedEnvironments, triggers, ...settings } = project;
  const configPath = join(directory, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify(settings));

  const server = createTestHarness({ root: directory, workers: [{ configPath, secrets }] });
  const { url } = await server.listen();
  return { url, close: () => server.close() };
}
