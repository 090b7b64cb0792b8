// Once each, through eightfold delivery and a SIGKILL: the Worker as `npm start` runs it, killed
// with all its processes and started again on what it left on disk. Ports, storage and secrets are
// the test's own; no state of `npm start` is touched.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Delivery, draftDelivery, signDraft } from '../../../src/cli/delivery.ts';
import { projectRoot } from '../../../src/cli/project-root.ts';
import { send } from '../../../src/cli/send.ts';
import { ledgerReader } from '../../load/ledger-reader.ts';
import { ownHandlersFlags } from '../../own-handlers.ts';

const EVENTS = 60;
const COPIES = 8;
const TYPES = ['outbid', 'resource.created'];
const SECRET = 'local-dev-secret';
const OPS_TOKEN = 'local-dev-token';
/** Longest wait for a step, in milliseconds. A step takes seconds unless something hangs. */
const WAIT = { timeout: 120_000, interval: 50 };
/**
 * Becomes the command. Beside it waits a guard that kills the group and removes the directory if
 * this process dies first.
 */
const GUARDED = 'exec 3<&0; (cat; rm -rf "$0"; kill -9 0) <&3 >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

test('processes each event once, though it comes eight times at once and again after a SIGKILL', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-kill-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const deliveries = await signedDeliveries();
  const ids = deliveries.map(({ id }) => id);
  const onceEach = ids.map((id) => ({ id, status: 'processed', attempts: 1 }));

  const first = await startWorker(directory);
  const answers: unknown[] = [];
  for (const delivery of deliveries) {
    answers.push(...(await Promise.all(Array.from({ length: COPIES }, () => first.post(delivery)))));
  }
  expect(answers).toEqual(Array(EVENTS * COPIES).fill(200));
  await first.settled(EVENTS * COPIES);
  expect(first.processed()).toEqual(ids.map((id) => ({ id, attempt: 1 })));
  expect(await first.ledger()).toEqual(onceEach);

  await first.kill();

  const second = await startWorker(directory);
  expect(await Promise.all(deliveries.map(second.post))).toEqual(Array(EVENTS).fill(200));
  await second.settled(EVENTS);
  expect(second.processed()).toEqual([]);
  expect(await second.ledger()).toEqual(onceEach);
});

function signedDeliveries(): Promise<Delivery[]> {
  const now = Date.now();
  const drafts = Array.from({ length: EVENTS }, (_, index) => {
    // In the order of byId.
    const id = `kill-${String(index).padStart(2, '0')}`;
    return draftDelivery({ type: TYPES[index % TYPES.length] ?? '', id, now });
  });
  return Promise.all(drafts.map((draft) => signDraft(draft, SECRET)));
}

/**
 * Starts the Worker as the leader of a process group, with its storage in the directory, and waits
 * until it answers.
 */
async function startWorker(directory: string) {
  const port = await freePort();
  const url = new URL(`http://localhost:${port}/webhooks/vastai`);
  // In place of the .dev.vars of whoever runs the test: their destinations must not hear of made-up
  // events.
  const vars = join(directory, 'vars');
  writeFileSync(vars, `VASTAI_WEBHOOK_SECRET=${SECRET}\nOPS_TOKEN=${OPS_TOKEN}\n`);

  const command = [process.execPath, join(projectRoot, 'src/cli/dev.ts'), '--port', String(port)];
  const own = [
    '--persist-to',
    join(directory, 'state'),
    '--env-file',
    vars,
    '--inspector-port',
    '0',
    ...ownHandlersFlags,
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
    post: async (delivery: Delivery) => {
      const answer = await send(url, delivery);
      return answer.ok ? answer.value.status : answer.failure;
    },
    /**
     * Waits until the log tells of so many deliveries, and of an end for every message that they
     * put into the queue.
     */
    settled: (sent: number) =>
      vi.waitFor(() => {
        const accepted = logged('webhook.accepted').length;
        expect(accepted + logged('webhook.duplicate').length, 'deliveries in the log').toBe(sent);
        expect(logged('event.processed', 'event.duplicate').length, 'ended messages in the log').toBe(accepted);
      }, WAIT),
    processed: () =>
      logged('event.processed')
        .map(({ id, attempt }) => ({ id, attempt }))
        .sort(byId),
    ledger: async () =>
      (await reader.since(0)).map(({ id, status, attempts }) => ({ id, status, attempts })).sort(byId),
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}
