// `npm run events` against a server that plays the Worker's feed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runEvents } from '../../../src/cli/run-events.ts';
import type { Surroundings } from '../../../src/cli/vast/terminal/surroundings.ts';
import { runCommand } from './run-command.ts';
import { never, type Serve, serve } from './vast/serve.ts';

const TOKEN = 'read-token-of-the-cli-tests';
/** Clears the screen, forges lines, turns text round. */
const HOSTILE = '\u001b[2J\u009b31m\u0085\r\nerror: forged\u2028error: forged\u202e\u200b\0';
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^(?:error: )?forged/mu;

const eventAt = (seq: number, changes: object = {}) => ({
  seq,
  status: 'processed',
  event: {
    ...{ id: `id-${seq}`, type: 'outbid', endpoint: 'default', dialect: 'notification' },
    ...{ created: '2026-11-30T01:02:03.000Z', data: { subject: `Subject ${seq}`, message: 'none' } },
    ...changes,
  },
});

/** A feed of so many events, in pages of two, as the Worker gives it. */
function feedOf(count: number, changes: object = {}): Serve {
  return (request) => {
    const after = Number(new URL(request.url).searchParams.get('after'));
    const from = after < 0 ? Math.max(count + after, 0) : after;
    const events = [from + 1, from + 2].filter((seq) => seq <= count).map((seq) => eventAt(seq, changes));
    return Response.json({ events, next: events.at(-1)?.seq ?? from });
  };
}

async function run(args: readonly string[], change: Partial<Surroundings> = {}) {
  const said = { stdout: '', stderr: '' };
  const slept: number[] = [];
  const code = await runEvents(args, {
    env: { READ_TOKEN: TOKEN },
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    fetch,
    now: Date.now,
    sleep: async (ms) => void slept.push(ms),
    uninterrupted: (work) => work(),
    runCommand: () => Promise.reject(new Error('events runs no command')),
    ...change,
  });
  return { code, ...said, slept };
}

/** The last answer ends a reader that follows. */
function inTurn(...answers: Serve[]): { handle: Serve; asked: Request[] } {
  const asked: Request[] = [];
  return {
    asked,
    handle: (request) => (answers[asked.push(request) - 1] ?? (() => new Response('', { status: 401 })))(request),
  };
}

describe('npm run events', () => {
  it('prints the latest ten, one line each with its place in front, and ends', async () => {
    const asked: string[] = [];
    const feed = feedOf(12);
    const origin = await serve((request) => {
      asked.push(`${new URL(request.url).search} ${request.headers.get('authorization')}`);
      return feed(request);
    });
    const { code, stdout, stderr } = await run(['--url', `${origin}/webhooks/vastai`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines.map((line) => Number.parseInt(line, 10))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(lines[0]).toBe('     3  2026-11-30T01:02:03.000Z  processed   outbid  Subject 3  (id-3)');
    expect(asked[0]).toBe(`?after=-10&wait=0 Basic ${btoa(`vast:${TOKEN}`)}`);
    expect(asked.at(-1)).toContain('?after=12&wait=0 ');
  });

  it('begins after a place, and at the first event after 0', async () => {
    const origin = await serve(feedOf(3));
    expect((await run(['--url', origin, '--after', '2'])).stdout).toMatch(/^ +3 .*\n$/);
    expect((await run(['--url', origin, '--after', '0'])).stdout.trim().split('\n')).toHaveLength(3);
  });

  it('prints JSON, one object a line, of the types that are asked for', async () => {
    const types = ['outbid', 'low_credit', 'resource.created'];
    const origin = await serve(async (request) => {
      const page = (await (await feedOf(3)(request)).json()) as { events: ReturnType<typeof eventAt>[] };
      return Response.json({
        ...page,
        events: page.events.map(({ seq }) => eventAt(seq, { type: types[seq - 1], more: [seq] })),
      });
    });
    const { stdout } = await run(['--url', origin, '--json', '--type', 'low_credit,resource.created']);
    const printed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(printed).toEqual([2, 3].map((seq) => eventAt(seq, { type: types[seq - 1], more: [seq] })));
  });

  it('prints JSON that is the event as it came, though no text in it can act on a terminal', async () => {
    const data = { subject: 'one\nline\ttwo\u009b31m \u202e 👩‍💻 a\u00adb', broken: '\ud800' };
    const { stdout } = await run(['--url', await serve(feedOf(1, { data })), '--json']);
    expect(stdout).not.toMatch(RAW);
    expect(JSON.parse(stdout)).toEqual(eventAt(1, { data }));
  });

  it('takes types with spaces between them, and more than once', async () => {
    const origin = await serve(feedOf(2));
    const only = async (...types: string[]) => (await run(['--url', origin, ...types])).stdout.split('\n').length - 1;
    expect(await only('--type', 'low_credit, outbid')).toBe(2);
    expect(await only('--type', 'outbid', '--type', 'low_credit')).toBe(2);
    expect(await only('--type', 'low_credit')).toBe(0);
  });

  it('says what a mistyped type may have meant', async () => {
    const origin = await serve(feedOf(1));
    const { code, stderr } = await run(['--url', origin, '--type', 'outbdi']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'Note: "outbdi" is not in the catalogue. Did you mean outbid?\n',
    });
  });

  it('names the endpoint of an event that came by another one', async () => {
    const origin = await serve(feedOf(1, { endpoint: 'host', data: {} }));
    expect((await run(['--url', origin])).stdout).toMatch(/outbid at host {2}\(id-1\)\n$/);
  });
});

describe('npm run events -- --follow', () => {
  it('goes on where it was after a broken connection, and says so', async () => {
    const feed = feedOf(4);
    const { handle, asked } = inTurn(
      ...[feed, () => Response.error(), () => new Response('', { status: 503 }), () => Response.error(), feed, feed],
    );
    const origin = await serve(handle);
    const { code, stdout, stderr, slept } = await run(['--url', origin, '--follow', '--after', '0']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => Number.parseInt(line, 10)),
    ).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(
      [0, 2, 2, 2, 2, 4, 4].map((after) => `?after=${after}&wait=25`),
    );
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^Note: the ops API cannot be read: .*\. Trying again, to go on after 2$/),
      'Note: connected again, going on after 2',
      'error: the Worker does not accept this READ_TOKEN. To go on: --after 4',
      '',
    ]);
    expect(slept).toEqual([1_000, 2_000, 4_000]);
    expect(code).toBe(3);
  });

  it('takes a 408, a 425 and a page of something in between for a broken connection', async () => {
    const answers = [408, 425, 200].map((status) => () => new Response('<html>', { status }));
    const { handle, asked } = inTurn(feedOf(1), ...answers, feedOf(2));
    const { stdout } = await run(['--url', await serve(handle), '--follow']);
    expect(stdout).toContain('id-2');
    expect(asked.length).toBeGreaterThan(4);
  });

  it('waits at most half a minute between two tries', async () => {
    const { handle } = inTurn(feedOf(1), ...Array.from({ length: 7 }, () => () => Response.error()));
    const { slept } = await run(['--url', await serve(handle), '--follow']);
    expect(slept).toEqual([1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1_000));
  });

  it.each([true, false])('prints nothing raw of what a server says (--json: %s)', async (json) => {
    const hostile = feedOf(2, {
      id: HOSTILE,
      type: HOSTILE,
      endpoint: HOSTILE,
      created: HOSTILE,
      data: { subject: HOSTILE, [HOSTILE]: HOSTILE },
    });
    const refusal = () => Response.json({ issues: [HOSTILE] }, { status: 400 });
    const { handle } = inTurn(hostile, refusal);
    const { stdout, stderr } = await run(['--url', await serve(handle), '--follow', ...(json ? ['--json'] : [])]);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).not.toMatch(RAW);
    expect(stderr).toContain('refuses this');
    expect(stderr).not.toMatch(RAW);
  });

  it('ends with 130 on Ctrl-C', async () => {
    let asked = 0;
    const origin = await serve((request) => {
      asked += 1;
      return asked === 1 ? feedOf(1)(request) : never;
    });
    const ctrlC = new AbortController();
    const ended = runCommand('events', ['--follow', '--url', origin], { READ_TOKEN: TOKEN }, ctrlC.signal);
    await vi.waitUntil(() => asked === 2, { timeout: 60_000 });
    ctrlC.abort();
    expect(await ended).toMatchObject({ code: 130, stdout: expect.stringContaining('Subject 1'), stderr: '' });
  });

  it.skipIf(process.platform === 'win32')('ends in silence once nobody reads along any more', async () => {
    const origin = await serve(feedOf(1_000));
    const events = `'${process.execPath}' '${join(import.meta.dirname, '../../../src/cli/events.ts')}'`;
    const command = `${events} --after 0 --url ${origin} | head -n 2`;
    const child = spawn('sh', ['-c', command], { env: { PATH: process.env.PATH, READ_TOKEN: TOKEN } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(said).toMatch(/^ +1 .*\n +2 .*\n$/);
  });
});

describe('what cannot be read at first', () => {
  it.each([
    ['a wrong token', 401, {}, 'the Worker does not accept this READ_TOKEN'],
    ['a closed feed', 404, {}, 'the Worker has no READ_TOKEN (or a short one), so its ops API is closed'],
    [
      'a place of another ledger',
      400,
      { issues: ['after lies beyond'] },
      'the ops API refuses this: after lies beyond',
    ],
    ['a redirect to a login page', 302, {}, 'the ops API answers 302'],
    ['a stranger', 200, { hello: 1 }, 'the ops API answers in a shape that this version does not know'],
    ['a failing ledger', 503, {}, 'the ops API answers 503'],
  ])('ends with 1 for %s', async (_, status, body, why) => {
    const origin = await serve(() => Response.json(body, { status, headers: { Location: 'https://a.example' } }));
    const { code, stdout, stderr } = await run(['--url', origin, '--follow']);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `error: ${why}\n` });
  });

  it('ends with 1 where nothing listens', async () => {
    const { code, stderr } = await run(['--url', 'http://127.0.0.1:9', '--follow']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the ops API cannot be read: .+\n$/);
  });

  it.each([
    ['no token', ['--url', 'https://w.example'], 'no token: set READ_TOKEN in the environment'],
    ['plain http elsewhere', ['--url', 'http://w.example'], 'the token goes to https:// only'],
    ['a place that is none', ['--after', '-1'], 'whole number'],
    ['a token on the command line', ['--token', TOKEN], 'unknown option'],
    ['a type without its option', ['outbid'], 'too many arguments'],
  ])('ends with 2 for %s, asking nobody', async (_, args, why) => {
    const nobody = () => Promise.reject(new Error('asked'));
    const { code, stdout, stderr } = await run(args, { env: {}, fetch: nobody as never });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  it('asks for the token where it can, sends it and shows none of it', async () => {
    const asked: string[] = [];
    const sent: (string | null)[] = [];
    const { stdout, stderr } = await run(['--url', 'https://w.example'], {
      env: {},
      askHidden: async (question) => {
        asked.push(question);
        return TOKEN;
      },
      fetch: async (_, init) => {
        sent.push(new Headers(init?.headers).get('authorization'));
        return Response.json({ issues: [TOKEN] }, { status: 400 });
      },
    });
    expect(asked).toEqual(['READ_TOKEN:']);
    expect(sent).toEqual([`Basic ${btoa(`vast:${TOKEN}`)}`]);
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  it('takes OPS_TOKEN where there is no READ_TOKEN', async () => {
    const { stderr } = await run(['--url', 'https://w.example'], {
      env: { OPS_TOKEN: 'the-ops-token' },
      fetch: async (_, init) => {
        expect(new Headers(init?.headers).get('authorization')).toBe(`Basic ${btoa('vast:the-ops-token')}`);
        return new Response('', { status: 401 });
      },
    });
    expect(stderr).toBe('error: the Worker does not accept this OPS_TOKEN\n');
  });
});
