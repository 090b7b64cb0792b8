// The demo's Worker: src/index.ts as `wrangler deploy` would build it, with two differences. The handlers are the demo's,
// and the secret is made up for the run. Nothing of yours is read: neither .dev.vars nor the storage of `npm start`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from './project-root.ts';
import { offlineEnvironment } from './wrangler.ts';

/** A line of the Worker's log: `event` says which step, the rest is about it. */
export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface DemoWorker {
  readonly url: URL;
  /** Every line logged so far, oldest first. */
  readonly log: () => readonly LogLine[];
  /** The ledger: each event's status, by id. */
  readonly statuses: () => Promise<ReadonlyMap<string, string>>;
  /** Ends the Worker. What it has written goes when the process does. */
  readonly close: () => Promise<void>;
}

const handlersFile = fileURLToPath(new URL('./demo-handlers.ts', import.meta.url));

/** Starts the Worker on a free port of this machine. */
export async function startDemoWorker(secret: string): Promise<DemoWorker> {
  // Read by wrangler when it is loaded, so set first: the story is the demo's to tell.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'error' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');

  const directory = mkdtempSync(join(tmpdir(), 'vastai-demo-'));
  // However the process ends. On Ctrl-C wrangler ends itself, and the Worker with it, without a word to us.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

  const project = unstable_readConfig({ config: join(projectRoot, 'wrangler.toml') });
  // What reading adds is no setting: where the file was found, and an empty list of schedules.
  const { configPath, userConfigPath, topLevelName, definedEnvironments, triggers, ...settings } = project;
  const alias = { './handlers/index.ts': handlersFile, './handlers/on-dead.ts': handlersFile };
  const config = { ...settings, alias };
  writeFileSync(join(directory, 'wrangler.json'), JSON.stringify(config));

  const worker = { configPath: join(directory, 'wrangler.json'), secrets: { VASTAI_WEBHOOK_SECRET: secret } };
  const server = createTestHarness({ root: directory, workers: [worker] });
  const { url } = await server.listen();
  return {
    url,
    log: () => server.getLogs().flatMap(({ message }) => parseLine(message)),
    statuses: async () => {
      const ledger = await server.getWorker().getDurableObjectStorage('LEDGER', { name: 'events' });
      const rows = (await ledger.exec('SELECT id, status FROM events')) as { id: string; status: string }[];
      return new Map(rows.map(({ id, status }) => [id, status]));
    },
    close: () => server.close(),
  };
}

/** Other lines are the runtime's own. */
function parseLine(text: string): LogLine[] {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && 'event' in json ? [json as LogLine] : [];
  } catch {
    return [];
  }
}
