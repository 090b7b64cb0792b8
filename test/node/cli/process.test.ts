// The commands as processes of their own: exit codes, Ctrl-C, and with or without a terminal.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeWorker } from './fake-worker.ts';
import { runCommand } from './run-command.ts';

const TRIGGER = join(import.meta.dirname, '../../../src/cli/trigger.ts');
const RECEIVED = { status: 200, body: { received: true } };
const ELSEWHERE = ['outbid', '--print', '--url', 'https://worker.invalid'];

describe('npm run trigger', () => {
  it('ends with 0 once the event is handled, without colours', async () => {
    await using worker = await fakeWorker(() => RECEIVED);
    const { code, stdout } = await runCommand('trigger', ['outbid', '--url', worker.url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/=> id \w+: processed\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('does not ask where there is no terminal', async () => {
    const { code, stdout, stderr } = await runCommand('trigger', ELSEWHERE);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: no secret .*set VASTAI_WEBHOOK_SECRET in the environment.*\n$/);
  });

  it('obeys Ctrl-C while it waits', async () => {
    const { promise: never, resolve } = Promise.withResolvers<typeof RECEIVED>();
    await using worker = await fakeWorker(() => never);
    const ctrlC = new AbortController();
    const ended = runCommand('trigger', ['outbid', '--url', worker.url], {}, ctrlC.signal);
    await vi.waitUntil(() => worker.received.length === 1, { timeout: 60_000 });
    ctrlC.abort();
    expect((await ended).code).toBe(130);
    resolve(RECEIVED);
  });

  describe.skipIf(process.platform !== 'linux')('at a terminal', () => {
    /** What the command shows there, and how it ends once `keys` are typed at its question. */
    async function atTerminal(keys: string, environment: Record<string, string> = {}) {
      const command = [process.execPath, TRIGGER, ...ELSEWHERE].map((word) => `'${word}'`).join(' ');
      const env = { PATH: process.env.PATH, TERM: 'xterm', ...environment };
      const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env });
      onTestFinished(() => void terminal.kill('SIGKILL'));
      let shown = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
      const ended = new Promise<number | null>((resolve) => terminal.once('close', resolve));
      await vi.waitUntil(() => shown.includes('VASTAI_WEBHOOK_SECRET:'), { timeout: 60_000 });
      terminal.stdin.write(keys);
      return { code: await ended, shown };
    }

    it('asks for the secret of a Worker elsewhere, shows none of it, and has no colours under NO_COLOR', async () => {
      const { code, shown } = await atTerminal('typed-secret\r', { NO_COLOR: '1' });
      expect(shown).toContain('X-Vast-Signature-256: sha256=');
      expect(shown).not.toContain('typed-secret');
      expect(stripVTControlCharacters(shown.slice(shown.indexOf('curl ')))).toBe(shown.slice(shown.indexOf('curl ')));
      expect(code).toBe(0);
    });

    it('ends as interrupted on Ctrl-C at the question', async () => {
      const { code, shown } = await atTerminal('typed\u0003');
      expect(shown).toContain('error: Interrupted.');
      expect(code).toBe(130);
    });
  });
});

describe('npm run dev', () => {
  it('refuses a port that is none in one line', async () => {
    const { code, stdout, stderr } = await runCommand('dev', ['--port', 'abc']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*--port.*whole number from 1 to 65535.*\n$/);
  });

  it('says in one line that the port is in use, and nothing of listening', async () => {
    const server = createServer().listen(0, 'localhost');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const { code, stdout, stderr } = await runCommand('dev', ['--port', String(port)]);
    server.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: port ${port} is in use: .*--port.*\\n$`));
  });
});

it('npm run demo has help with an example, and plays nothing then', async () => {
  const { code, stdout, stderr } = await runCommand('demo', ['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: [\s\S]*Example:\n {2}npm run demo\n$/);
});
