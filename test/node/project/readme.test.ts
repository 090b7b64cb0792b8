// The README's commands are run, and its code is compiled. A command that this file does not know
// fails the test, so nobody can add one without saying how it is checked.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownHandlersFlags } from '../../own-handlers.ts';

const root = join(import.meta.dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;

/** The code blocks of one language. */
function blocksOf(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');
}

const commands = [
  ...new Set(blocksOf('sh').flatMap((block) => block.split('\n').filter((line) => line.trim() !== ''))),
];

/** Runs a command of the README and returns what it printed. */
function run(command: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: root,
    encoding: 'utf8',
    timeout: 290_000,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let worker: ChildProcess;
let state: string;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  state = mkdtempSync(join(tmpdir(), 'readme-'));
  const flags = [
    '--port',
    String(port),
    '--inspector-port',
    '0',
    '--persist-to',
    state,
    '--env-file',
    '.dev.vars.example',
    ...ownHandlersFlags,
  ];
  worker = spawn('npm', ['start', '--', ...flags], { cwd: root, stdio: 'ignore', detached: true });
  const isUp = async () => (await fetch(`${url}/health`).catch(() => undefined))?.status === 200;
  await vi.waitUntil(isUp, { timeout: 120_000, interval: 200 });
});

afterAll(() => {
  if (worker.pid !== undefined) process.kill(-worker.pid, 'SIGTERM');
  rmSync(state, { recursive: true, force: true });
});

/**
 * How each kind of command is checked. What needs somebody's account is checked as far as it goes
 * without one.
 */
const checks: readonly [pattern: RegExp, check: (command: string) => void][] = [
  [/^npm ci && npm (?:run )?(demo|test)$/, (command) => expect(scripts).toHaveProperty(lastWord(command))],
  [/^npm start$/, () => expect(worker.exitCode).toBeNull()],
  [
    /^npm run trigger -- /,
    (command) => {
      const secret = command.includes('--list') ? '' : ` --url ${url} --secret local-dev-secret`;
      expect(run(command + secret)).not.toBe('');
    },
  ],
  [
    /^npx wrangler (login|tunnel quick-start)\b/,
    (command) => expect(run(`${command.split(' http')[0]} --help`)).toContain('wrangler'),
  ],
  [
    /^npx wrangler secret put [A-Z0-9_]+$/,
    (command) => expect(readFileSync(join(root, 'src/env.ts'), 'utf8')).toContain(knownAs(lastWord(command))),
  ],
  [/^export VAST_API_KEY=…$/, () => expect(run('npm run vast -- --help')).toContain('VAST_API_KEY')],
  [
    /^npm run vast -- /,
    (command) => {
      const [words, ...options] = command.split(' --').slice(1);
      const help = run(`npm run vast -- ${words?.trim()} --help`);
      for (const option of options) expect(help).toContain(`--${option.split(' ')[0]}`);
    },
  ],
  [
    /^curl /,
    (command) => {
      const status = run(`${command.replace('http://localhost:8787', url)} -s -o /dev/null -w '%{http_code}'`);
      // Nobody has an event with the id of the example.
      expect(status).toBe(command.includes('the-id') ? '404' : '200');
    },
  ],
  [/^npm run deploy$/, (command) => expect(run(`${command} -- --dry-run`)).toContain('Total Upload')],
  [/^cp \.dev\.vars\.example \.dev\.vars$/, () => expect(existsSync(join(root, '.dev.vars.example'))).toBe(true)],
  [
    /^npm run simulate -- --runs \d+$/,
    () => expect(run('npm run simulate -- --runs 20 --workers 1')).toContain('no violation'),
  ],
  [/^npm run simulate -- --seed \d+$/, (command) => expect(run(command)).toContain('all promises kept')],
  [/^npm run fuzz -- /, () => expect(run('npm run fuzz -- --runs 50 --workers 1')).toContain('no violation')],
  [/^npm run (bench|bench:ledger|load)\b/, expectOptionsInHelp],
  [/^npm run cost\b/, (command) => expect(run(command)).toContain('free events/day')],
  [/^npm run simulate:mutations$/, () => expect(existsSync(join(root, 'test/simulation/mutations.ts'))).toBe(true)],
];

const lastWord = (command: string) => command.slice(command.lastIndexOf(' ') + 1);

/**
 * Of a command that takes minutes: that it starts, and knows the options that are shown. Its parts
 * have tests of their own.
 */
function expectOptionsInHelp(command: string): void {
  const help = run(`${command.split(' -- ')[0]} -- --help`);
  const options = command.match(/ --[a-z-]{2,}/g) ?? [];
  expect(help).toContain('Usage: npm run');
  for (const option of options) expect(help).toContain(option.trim());
}

/** A secret's name as env.ts spells it: the webhook secrets follow one pattern. */
function knownAs(name: string): string {
  return name.startsWith('VASTAI_WEBHOOK_SECRET') ? 'VASTAI_WEBHOOK_SECRET' : name;
}

describe('the README', () => {
  it.each(commands)('shows a command that works: %s', (command) => {
    const check = checks.find(([pattern]) => pattern.test(command));
    if (!check) throw new Error(`no check knows this command: ${command}`);
    check[1](command);
  });

  it('shows code that compiles', () => {
    const samples = blocksOf('ts');
    expect(samples.length).toBeGreaterThan(0);
    const copy = mkdtempSync(join(tmpdir(), 'readme-'));
    try {
      cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      for (const [index, sample] of samples.entries())
        writeFileSync(join(copy, `src/handlers/sample-${index}.ts`), sample);
      const config = { extends: join(root, 'tsconfig.json'), include: ['src/handlers'], exclude: [] };
      writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(config));
      expect(run(`npx tsc -p ${copy}`)).toBe('');
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it('names only files that exist', () => {
    const files = [...readme.matchAll(/`((?:src|test)\/[\w./-]*)`/g)].map((match) => match[1] ?? '');
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});
