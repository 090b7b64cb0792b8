// The commands of all documents are run, as far as they go without somebody's account. A command
// that this file does not know fails the test, so nobody can add one without saying how it is
// checked.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_ENDPOINT, secretNamesOf } from '../../../src/endpoint.ts';
import { ownHandlersFlags } from '../../own-handlers.ts';
import { freePort } from '../free-port.ts';
import { commands, root } from './documents.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const outputs = new Map<string, Promise<string>>();

/**
 * Runs a command line, once however often it is asked for, and returns what it printed. Rejects
 * unless it ends with 0.
 */
function run(command: string): Promise<string> {
  const options = { cwd: root, timeout: 280_000 };
  const output =
    outputs.get(command) ?? promisify(execFile)('bash', ['-c', command], options).then(({ stdout }) => stdout);
  outputs.set(command, output);
  return output;
}

const helpOf = (command: string) => run(`${command} --help`);

let worker: ChildProcess;
let state: string;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  state = mkdtempSync(join(tmpdir(), 'readme-'));
  const options = { port, 'inspector-port': 0, 'persist-to': state, 'env-file': join(root, 'src/cli/dev.vars') };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const how = { cwd: root, stdio: 'ignore', detached: true } as const;
  worker = spawn('npm', ['run', 'dev', '--', ...flags, ...ownHandlersFlags(state)], how);
  const isUp = async () => (await fetch(`${url}/health`).catch(() => undefined))?.status === 200;
  await vi.waitUntil(isUp, { timeout: 50_000, interval: 200 });
});

afterAll(() => {
  if (worker.pid !== undefined) process.kill(-worker.pid, 'SIGTERM');
  rmSync(state, { recursive: true, force: true });
});

type Check = (command: string) => Promise<void> | void;

/** How each kind of command is checked. */
const checks: readonly [pattern: RegExp, check: Check][] = [
  [/^npm ci && npm (?:run )?(demo|test)$/, (command) => expect(scripts).toHaveProperty(lastWord(command))],
  [/^npm run dev$/, () => expect(worker.exitCode).toBeNull()],
  [/^npm run events( -- |$)/, expectOptionsInHelp],
  [/^npm run trigger -- /, expectToBeAnswered],
  [/^npm run vast -- /, expectVastOptions],
  [/^npm run deploy -- /, expectOptionsInHelp],
  [/^npm run deploy$/, async (command) => expect(await run(`${command} -- --dry-run`)).toContain('Total Upload')],
  [/^npm run simulate -- --runs \d+$/, () => expectOutput('simulate -- --runs 20 --workers 1', 'no violation')],
  [/^npm run simulate -- --seed \d+$/, (command) => expectOutput(command.slice(8), 'all promises kept')],
  [/^npm run simulate:mutations$/, () => expect(existsSync(join(root, 'test/simulation/mutations.ts'))).toBe(true)],
  [/^npm run fuzz( -- |$)/, expectFewCases],
  [/^npm run cost -- --accounts$/, expectOptionsInHelp],
  [/^npm run cost( -- |$)/, (command) => expectOutput(withOption(command, '--events 200'), 'free events/day')],
  [/^npm run (bench|load)( -- |$)/, expectOptionsInHelp],
  // It takes its time, and CI runs it anyway.
  [/^npm run bundle$/, (command) => expect(scripts).toHaveProperty(lastWord(command))],
  [/^npx wrangler secret put [A-Z0-9_]+$/, expectSecretToBeKnown],
  [/^npx wrangler /, expectWranglerKnows],
  [/^export [A-Z_]+=…$/, async (command) => expect(await helpOf('npm run vast --')).toContain(variableIn(command))],
  [/^read -rs ([A-Z_]+) && export \1$/, expectSecretToBeKnown],
  [/^curl /, expectOpsAnswer],
  [
    /^openssl rand -base64 32$/,
    async (command) => expect((await run(command)).trim().length).toBeGreaterThanOrEqual(24),
  ],
  [/^echo "whsec_/, async (command) => expect(await run(command)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/)],
  [/^cp \.dev\.vars\.example \.dev\.vars$/, () => expect(existsSync(join(root, '.dev.vars.example'))).toBe(true)],
  [/^git pull --no-rebase$/, async () => expect(await run('git --version')).toContain('git version')],
];

const lastWord = (command: string) => command.slice(command.lastIndexOf(' ') + 1);
const variableIn = (command: string) => /[A-Z][A-Z_]+/.exec(command)?.[0];

/** A webhook secret's name follows from its endpoint; every other one is in env.ts. */
function expectSecretToBeKnown(command: string): void {
  const name = lastWord(command);
  if (secretNamesOf(DEFAULT_ENDPOINT).includes(name as never)) return;
  expect(read('src/env.ts')).toContain(`  ${name}?: string;`);
}

async function expectOutput(script: string, text: string): Promise<void> {
  expect(await run(`npm run ${script.replace(/^npm run /, '')}`)).toContain(text);
}

function withOption(command: string, option: string): string {
  return command.includes(' -- ') ? `${command} ${option}` : `${command} -- ${option}`;
}

/** A test event meets this file's Worker, wherever the document sends it. */
async function expectToBeAnswered(command: string): Promise<void> {
  const here = command.replace(/ --url \S+/, '');
  expect(await run(`VASTAI_WEBHOOK_SECRET=local-dev-secret ${here} --url ${url}`)).toContain('as expected');
}

async function expectVastOptions(command: string): Promise<void> {
  const [words = '', ...options] = command.slice('npm run vast -- '.length).split(/ (?=--)/);
  const help = await helpOf(`npm run vast -- ${words.replace(/<\w+>|\d+/, '').trim()}`);
  for (const option of options) expect(help).toContain(option.split(' ')[0]);
}

async function expectFewCases(command: string): Promise<void> {
  const short = command.replace(/( --)? --runs \d+$/, '');
  expect(await run(withOption(short, '--runs 50 --workers 1'))).toContain('no violation');
}

/**
 * Of a command that takes minutes: that it starts, and knows the options that are shown. Its parts
 * have tests of their own.
 */
async function expectOptionsInHelp(command: string): Promise<void> {
  const help = await helpOf(`${command.split(' -- ')[0]} --`);
  expect(help).toContain('Usage: npm run');
  for (const option of command.match(/--[a-z-]{2,}/g) ?? []) expect(help).toContain(option);
}

/** That wrangler has the command, and that what it names is ours. */
async function expectWranglerKnows(command: string): Promise<void> {
  const [, words = '', rest = ''] =
    /^npx wrangler ((?:[a-z]+ )*?[a-z-]+)((?: (?:vastai-|http)\S+)*)$/.exec(command) ?? [];
  expect(await helpOf(`npx wrangler ${words}`)).toContain(`wrangler ${words}`);
  const config = read('wrangler.toml');
  const worker = /^name = "(.*)"$/m.exec(config)?.[1];
  const [queues, bindings] = [/^queue = "(.*)"$/gm, /^binding = "(.*)"$/gm].map((pattern) =>
    [...config.matchAll(pattern)].map(([, name = '']) => name),
  );
  // The first deploy names a namespace after the Worker and the binding.
  const namespaces = bindings?.map((binding) => `${worker}-${binding.toLowerCase()}`);
  const ours = new Set([worker, ...(queues ?? []), ...(namespaces ?? [])]);
  const named = rest.split(' ').filter((word) => word.startsWith('vastai-'));
  expect(named.filter((name) => !ours.has(name))).toEqual([]);
}

async function expectOpsAnswer(command: string): Promise<void> {
  const here = command.replace('http://localhost:8787', url);
  const status = await run(`${here} -s -o /dev/null -w '%{http_code}'`);
  // Nobody has an event with the id of the example.
  expect(status).toBe(command.includes('the-id') ? '404' : '200');
}

describe.concurrent('the documents', () => {
  it.each(commands)('show a command that works: %s', { timeout: 150_000 }, async (command) => {
    const check = checks.find(([pattern]) => pattern.test(command))?.[1];
    if (!check) throw new Error(`no check knows this command: ${command}`);
    await check(command);
  });
});
