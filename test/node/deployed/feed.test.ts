// The feed of a running Worker, read by other programs: the README's sample in Python, and two
// terminals.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { draftDelivery, signDraft } from '../../../src/cli/delivery.ts';
import { type LocalWorker, startLocalWorker } from '../../../src/cli/local-worker.ts';
import { send } from '../../../src/cli/send.ts';
import { ownHandlers } from '../../own-handlers.ts';
import { runCommand } from '../cli/run-command.ts';
import { documents } from '../project/documents.ts';

const SECRET = 'feed-test-secret';
/** The only token: nothing else below /ops is there. */
const READ_TOKEN = 'read-token-of-the-feed-tests';
const WAIT = { timeout: 120_000, interval: 50 };
const PYTHON = 'python3';
const EVENTS = join(import.meta.dirname, '../../../src/cli/events.ts');

let worker: LocalWorker;
beforeAll(async () => {
  worker = await startLocalWorker({
    // As under `npm run dev`: a waiting request looks twice a second, not every five.
    secrets: { VASTAI_WEBHOOK_SECRET: SECRET, READ_TOKEN, LOCAL_DEV: '1' },
    change: () => ({ alias: ownHandlers }),
  });
});
afterAll(() => worker.close());

/** A program that reads the feed, and the lines that it has printed in full. */
function reader(command: string, args: readonly string[], cwd?: string) {
  const env = { PATH: process.env.PATH, WORKER: worker.url.origin, READ_TOKEN };
  const child: ChildProcess = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    lines: () => said.stdout.split('\n').slice(0, -1),
    stderr: () => said.stderr,
    kill: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await ended;
    },
  };
}

async function post(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const delivery = await signDraft(draftDelivery({ type: 'outbid', id, now: Date.now() }), SECRET);
    expect((await send(new URL('/webhooks/vastai', worker.url), delivery)).ok).toBe(true);
  }
}

const placesOf = (lines: readonly string[]) => lines.map((line) => Number.parseInt(line, 10));
const idsNamed = (name: string) => Array.from({ length: 6 }, (_, index) => `${name}-${index}`);

it.skipIf(spawnSync(PYTHON, ['--version']).status !== 0)(
  "the README's sample in Python prints each event once, also those that came while it was not running",
  async () => {
    const readme = documents.find(({ path }) => path === 'src/ops/README.md');
    const [sample, ...others] = readme?.blocks.filter(({ language }) => language === 'python') ?? [];
    expect(others).toEqual([]);
    const directory = mkdtempSync(join(tmpdir(), 'feed-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    writeFileSync(join(directory, 'reader.py'), sample?.text ?? '');
    const start = () => reader(PYTHON, ['reader.py'], directory);

    const place = join(directory, 'feed-place');
    const first = start();
    await vi.waitUntil(() => existsSync(place), WAIT);
    await post(...idsNamed('before'));
    // Killed after it has printed an event and before it has noted so, it prints that one again.
    await vi.waitUntil(() => readFileSync(place, 'utf8') === '6', WAIT);
    await first.kill('SIGKILL');
    await post(...idsNamed('meanwhile'));
    const second = start();
    await vi.waitUntil(() => second.lines().length >= 6, WAIT);
    await post(...idsNamed('after'));
    await vi.waitUntil(() => second.lines().length >= 12, WAIT);
    await second.kill('SIGKILL');

    expect(first.stderr() + second.stderr()).toBe('');
    const lines = [...first.lines(), ...second.lines()];
    expect(placesOf(lines)).toEqual(lines.map((_, index) => index + 1));
    const ids = lines.map((line) => line.split(' ')[2]);
    expect(new Set(ids)).toEqual(new Set(['before', 'meanwhile', 'after'].flatMap(idsNamed)));
    expect(lines[0]).toMatch(/^\d+ outbid before-\d /);
  },
);

it('npm run events -- --follow shows in one terminal what trigger sends in another', async () => {
  await post('already-there');
  const events = reader(process.execPath, [EVENTS, '--follow', '--url', worker.url.origin]);
  await vi.waitUntil(() => events.lines().some((line) => line.endsWith('(already-there)')), WAIT);
  const before = events.lines().length;

  const options = ['low_credit', '--count', '20', '--concurrency', '4', '--no-wait', '--secret', SECRET];
  const sent = await runCommand('trigger', [...options, '--url', worker.url.origin]);
  expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining('20 deliveries') });
  await vi.waitUntil(() => events.lines().length >= before + 20, WAIT);
  await events.kill('SIGINT');

  const lines = events.lines().slice(before);
  const from = placesOf(lines)[0] ?? 0;
  expect(placesOf(lines)).toEqual(Array.from({ length: 20 }, (_, index) => from + index));
  expect(new Set(lines.map((line) => /\((\w+)\)$/.exec(line)?.[1])).size).toBe(20);
  for (const line of lines) expect(line).toMatch(/ {2}low_credit {2}/);
  expect(events.stderr()).toBe('');
});
