// Starts a Worker on a free port of this machine, from wrangler.toml as `wrangler deploy` reads it.
// It touches neither .dev.vars nor the storage of `npm run dev`; its files go with the process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Unstable_Config } from 'wrangler';
import { jsonObjectIn } from '../vast/json-object.ts';
import { projectRoot } from './project-root.ts';
import { offlineEnvironment } from './wrangler.ts';

interface LocalWorkerOptions {
  readonly secrets?: Readonly<Record<string, string>>;
  /** Settings that differ from those of wrangler.toml; paths are absolute. */
  readonly change?: (settings: Unstable_Config) => Readonly<Record<string, unknown>>;
}

/** A line of the Worker's log: `event` says which step, the rest is about it. */
export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export type LocalWorker = Awaited<ReturnType<typeof startLocalWorker>>;

/** `log` gives every line so far, oldest first. `server` is wrangler's handle on the Worker. */
export async function startLocalWorker({ secrets = {}, change = () => ({}) }: LocalWorkerOptions = {}) {
  // Read by wrangler when it is loaded, so set first.
  // Its recorder of traces takes more CPU than the Worker it watches.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'error', X_LOCAL_OBSERVABILITY: 'false' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');

  const root = mkdtempSync(join(tmpdir(), 'vastai-worker-'));
  // However the process ends: on Ctrl-C wrangler ends itself and the Worker without a word to us.
  const remove = () => rmSync(root, { recursive: true, force: true });
  process.once('exit', remove);

  const project = unstable_readConfig({ config: join(projectRoot, 'wrangler.toml') });
  // What reading adds is no setting: where the file was found, and an empty list of schedules.
  const { configPath: _, userConfigPath, topLevelName, definedEnvironments, triggers, ...settings } = project;
  const configPath = join(root, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify({ ...settings, ...change(project) }));

  const server = createTestHarness({ root, workers: [{ configPath, secrets: { ...secrets } }] });
  const { url } = await server.listen();
  return {
    url,
    server,
    log: (): readonly LogLine[] => server.getLogs().flatMap(({ message }) => logLineOf(jsonObjectIn(message))),
    close: async (): Promise<void> => {
      await server.close();
      process.off('exit', remove);
      remove();
    },
  };
}

/** Lines without an event are the runtime's own. */
function logLineOf(line: Record<string, unknown> | undefined): LogLine[] {
  return typeof line?.event === 'string' ? [{ ...line, event: line.event }] : [];
}
