// The Worker as `npm start` runs it, to be killed with all its processes and started again on what
// it left on disk. Ports, storage and secrets are the test's own; no state of `npm start` is
// touched.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished, vi } from 'vitest';
import { draftDelivery, signDraft } from '../../../src/cli/delivery.ts';
import { projectRoot } from '../../../src/cli/project-root.ts';
import { send } from '../../../src/cli/send.ts';
import { ledgerReader } from '../../load/ledger-reader.ts';
import { ownHandlersFlags } from '../../own-handlers.ts';
import { freePort } from '../free-port.ts';

const SECRET = 'local-dev-secret';
const OPS_TOKEN = 'local-dev-token';
/** Longest wait for a step, in milliseconds. A step takes seconds unless something hangs. */
export const WAIT = { timeout: 120_000, interval: 50 };
/**
 * Becomes the command. Beside it waits a guard that kills the group and removes the directory if
 * this process dies first.
 */
const GUARDED = 'exec 3<&0; (cat; rm -rf "$0"; kill -9 0) <&3 >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

/** For one Worker's storage; gone with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-kill-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/**
 * Starts the Worker as the leader of a process group, with its storage in the directory, and waits
 * until it answers.
 *
 * @param handlers The file that it runs in place of the user's. @param vars What that needs.
 */
export async function startWorker(directory: string, handlers?: string, vars: Record<string, string> = {}) {
  const port = await freePort();
  const url = new URL(`http://localhost:${port}/webhooks/vastai`);
  // In place of the .dev.vars of whoever runs the test: their destinations must not hear of made-up
  // events.
  const file = join(directory, 'vars');
  const given = { VASTAI_WEBHOOK_SECRET: SECRET, OPS_TOKEN, ...vars };
  writeFileSync(
    file,
    Object.entries(given)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );

  const command = [process.execPath, join(projectRoot, 'src/cli/dev.ts'), '--port', String(port)];
  const own = [
    '--persist-to',
    join(directory, 'state'),
    '--env-file',
    file,
    '--inspector-port',
    '0',
    ...ownHandlersFlags(directory, handlers),
  ];
  const child = spawn('sh', ['-c', GUARDED, directory, ...command, ...own], {
    detached: true,
    // What wrangler cannot tidy up once it is killed goes with the directory; its bundles in
    // .wrangler/tmp it sweeps itself, later.
    env: { ...process.env, TMPDIR: directory, WRANGLER_REGISTRY_PATH: join(directory, 'registry') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = killOnce(child);
  onTestFinished(kill);
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });

  const reader = ledgerReader(url, OPS_TOKEN);
  const answers = () =>
    reader.latest().then(
      () => true,
      () => false,
    );
  await vi.waitUntil(async () => child.exitCode !== null || (await answers()), WAIT);
  if (child.exitCode !== null) throw new Error(`the Worker did not start:\n${output}\n${complaints}`);

  /** Log lines of these kinds; the last line of the output may still be half written. */
  const logged = (...kinds: string[]) =>
    stripVTControlCharacters(output)
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{"event":'))
      .map((line) => JSON.parse(line) as { event: string; id: string; attempt: number })
      .filter(({ event }) => kinds.includes(event));

  return {
    kill,
    reader,
    logged,
    /** How the tries of an event have ended, as the ledger has noted it. */
    triesOf: async (id: string) => {
      const headers = { Authorization: `Basic ${btoa(`kill:${OPS_TOKEN}`)}` };
      const response = await fetch(new URL(`/ops/api/event?id=${id}`, url), { headers });
      const { tries } = (await response.json()) as { tries: { outcome: string }[] };
      return tries.map(({ outcome }) => outcome);
    },
    /** Signs and sends an event, as of now. @returns The status, or why there is none. */
    post: async (id: string, type: string) => {
      const answer = await send(url, await signDraft(draftDelivery({ type, id, now: Date.now() }), SECRET));
      return answer.ok ? answer.value.status : answer.failure;
    },
  };
}

/**
 * Kills the whole group, wrangler and workerd with it, and waits until nobody holds its output
 * open. Once: the id may be reused.
 */
function killOnce(child: ChildProcess): () => Promise<void> {
  const closed = once(child, 'close');
  let killed = false;
  return async () => {
    if (!killed && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    killed = true;
    await closed;
  };
}
