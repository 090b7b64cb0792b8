// Servers that write control, escape and bidirectional characters into everything they say: none
// of it reaches a terminal or a script raw, from any command, in either mode.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { send } from '../../../../src/cli/send.ts';
import { API_KEY } from './fake-provider.ts';
import { createScene } from './scene.ts';
import { serve } from './serve.ts';

/** Clears the screen, sets its title, forges lines, turns text round and hides some. */
const HOSTILE =
  '\u001b[2J\u001b]0;t\u0007\u009b31m\u0085\r\nerror: forged\u2028error: forged' +
  '\u202e\u2066\u200b\ufeff\0\u007f\u{e0041}';
const HOSTILE_HEADER = '\u001b[2J\u009b31m\u0085';
/** Anything raw, or a line that looks like ours. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^(?:error: )?forged/mu;

type Answer = (ask: () => Promise<Response>) => Promise<Response> | Response;

/** The server's own answer, with hostile texts: all, or those that no command compares. */
function poisoned(spared: readonly string[]): Answer {
  const poison = (value: unknown): unknown => {
    if (typeof value === 'string') return value + HOSTILE;
    if (Array.isArray(value)) return value.map(poison);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).map(([name, each]) => [name, spared.includes(name) ? each : poison(each)]);
    return { ...Object.fromEntries(fields), [HOSTILE]: HOSTILE };
  };
  return async (ask) => {
    const response = await ask();
    return Response.json(poison(await response.json()), { status: response.status });
  };
}

const COMPARED = ['key', 'webhook_url', 'webhook_secret', 'event_types', 'event_id', 'status', 'error', 'id', 'type'];
const answers: Record<string, Answer> = {
  'its own answers, every text hostile': poisoned([]),
  'its own answers, what is compared left alone': poisoned(COMPARED),
  'a refusal': () => Response.json({ success: false, error: HOSTILE, msg: HOSTILE }, { status: 400 }),
  'a refusal with a code alone': () => Response.json({ success: false, error: HOSTILE }, { status: 404 }),
  '"not successful"': () => Response.json({ success: false, msg: HOSTILE }),
  'plain text': () => new Response(HOSTILE, { status: 500 }),
  'a web page': () => new Response(`<html>${HOSTILE}`, { status: 403 }),
  'a redirect': () => new Response('', { status: 307, headers: { Location: `https://a.example/${HOSTILE_HEADER}` } }),
  'headers alone': () =>
    new Response('', { status: 429, headers: { 'Retry-After': HOSTILE_HEADER, Date: HOSTILE_HEADER } }),
  'no answer': () => Promise.reject(new TypeError('fetch failed', { cause: new Error(HOSTILE) })),
  'no answer, with a code': () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: HOSTILE }) })),
};

const commands: Record<string, readonly string[]> = {
  types: ['types'],
  list: ['webhooks', 'list'],
  update: ['webhooks', 'update', '11', '--name', 'mine', '--events', 'billing'],
  'update --url': ['webhooks', 'update', '11', '--url', 'WORKER'],
  delete: ['webhooks', 'delete', '11', '--yes'],
  test: ['webhooks', 'test', '11'],
  register: ['webhooks', 'register', '--events', 'billing', '--endpoint', 'host', '--url', 'WORKER'],
  rotate: ['webhooks', 'rotate', '--url', 'WORKER'],
  'keys create': ['keys', 'create', '--read'],
  doctor: ['doctor', '--url', 'WORKER'],
};

async function runAll(args: readonly string[], answer: Answer) {
  const scene = await createScene();
  scene.env.OPS_TOKEN = scene.worker.opsToken = 'ops-token-1234';
  scene.env.VASTAI_WEBHOOK_SECRET = 'a-secret';
  scene.env.VAST_READ_KEY = API_KEY;
  scene.worker.set('VASTAI_WEBHOOK_SECRET', 'a-secret');
  scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, 'a-secret');
  const taken = /register|rotate|update,11,--url/.test(args.join()) ? 4 : args[0] === 'keys' ? 2 : 0;
  const setup = scene.secretOptions.slice(0, taken);
  const line = [...args.map((word) => (word === 'WORKER' ? scene.worker.origin : word)), ...setup];
  const hostile: typeof fetch = async (...request) => answer(() => scene.network.fetch(...request));
  for (const mode of [[], ['--json']]) await scene.vast([...line, ...mode], { fetch: hostile });
  return scene.said.text;
}

describe.each(Object.entries(commands))('npm run vast: %s', (_name, args) => {
  it.each(Object.entries(answers))('prints nothing raw where every server gives %s', async (_what, answer) => {
    const said = await runAll(args, answer);
    expect(said).not.toBe('');
    expect(said).not.toMatch(RAW);
  });
});

it('prints nothing raw of what wrangler says', async () => {
  const scene = await createScene();
  const args = ['webhooks', 'register', '--url', scene.worker.origin, '--events', 'outbid'];
  await scene.vast(args, { runCommand: async () => ({ code: 1, stdout: HOSTILE, stderr: HOSTILE }) });
  expect(scene.said.text).toContain('could not store');
  expect(scene.said.text).not.toMatch(RAW);
});

it.each([HOSTILE, 'a\u202eb', 'a\nb', 'a ', '\ufffd'])(
  'refuses a secret that holds such characters: %j',
  async (secret) => {
    const scene = await createScene();
    const webhook = { id: 11, webhook_url: 'https://w.example', event_types: [], webhook_secret: secret };
    const answer = () => Response.json({ success: true, webhook });
    for (const call of ['create', 'rotate']) scene.provider.faults.push({ call, when: 'after', answer });
    const options = ['--events', 'outbid', ...scene.secretOptions];
    const run = await scene.vast(['webhooks', 'register', '--url', scene.worker.origin, ...options]);
    expect(run.exitCode).toBe(3);
    expect(scene.worker.commands).toEqual([]);
    expect(scene.said.text).toContain('not what the API documents');
  },
);

it('hides the key where a server repeats it', async () => {
  const said = await runAll(['webhooks', 'list'], () =>
    Response.json({ msg: `${HOSTILE}${API_KEY}` }, { status: 400 }),
  );
  expect(said).not.toContain(API_KEY);
});

it('gives trigger and demo no raw text either', async () => {
  const origin = await serve(() =>
    Response.json({ received: true, error: HOSTILE, [HOSTILE]: [HOSTILE] }, { status: 400 }),
  );
  const answer = await send(origin, { headers: {}, body: new Uint8Array() });
  expect(answer.ok).toBe(true);
  const shown = answer.ok
    ? [answer.value.summary, ...Object.keys(answer.value.fields), JSON.stringify(answer.value.fields)]
    : [];
  for (const text of shown) expect(text).not.toMatch(RAW);
});

it('asks servers in one place only', () => {
  const root = join(import.meta.dirname, '../../../../src');
  const asking = globSync('{cli,vast}/**/*.ts', { cwd: root }).filter((file) =>
    /\bawait fetch\(|\.(?:text|json|arrayBuffer|blob|bytes)\(\)/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(asking).toEqual(['vast/ask.ts']);
});
