// `keys create --read`: the key that the Worker may have, and everything that can come in between.
import { describe, expect, it } from 'vitest';
import { API_KEY } from './fake-provider.ts';
import { killedAt } from './kill.ts';
import { createScene } from './scene.ts';

const SLOT = 'VAST_READ_KEY';
const html = () => new Response('<!doctype html><title>Oops</title>', { status: 502 });

async function freshScene() {
  const scene = await createScene();
  const [option = '', command = ''] = scene.secretOptions;
  const args = ['keys', 'create', '--read', option, command];
  scene.provider.instances = [{ id: 4711, label: 'train', jupyter_token: 'a-token-of-the-instance' }];
  return {
    ...scene,
    args,
    create: (...more: string[]) => scene.vast([...args, ...more]),
    /** Beside the operator's own. */
    made: () => [...scene.provider.apiKeys].filter(([value]) => value !== API_KEY),
  };
}

describe('keys create --read', () => {
  it('stores a key that can read instances, and nothing else', async () => {
    const scene = await freshScene();
    expect(await scene.create()).toMatchObject({ exitCode: 0, stderr: '' });
    const [[value, key] = []] = scene.made();
    expect(key?.scopes).toEqual(['instance_read']);
    expect(scene.worker.stored).toEqual(new Map([[SLOT, value]]));
  });

  it('has asked with the new key before it stores it', async () => {
    const scene = await freshScene();
    let asked: readonly string[] = [];
    scene.worker.onCommand = (_run, when) => {
      if (when === 'before') asked = [...scene.provider.calls];
    };
    await scene.create();
    expect(asked).toEqual(['keys', 'create-key', 'instances', 'keys', 'prefs']);
  });

  it('says which key the Worker has, for people and for scripts', async () => {
    const scene = await freshScene();
    expect((await scene.create()).stdout).toContain(`${SLOT} holds key 11`);
    const { stdout } = await scene.create('--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, key: 12, secret: SLOT });
  });

  it('shows the key to nobody: not on a terminal, a command line or in an environment', async () => {
    const scene = await freshScene();
    scene.env.VAST_READ_KEY = 'the-key-that-was-there-before';
    await scene.create();
    await scene.create('--json');
    scene.worker.onCommand = () => {
      throw new Error('out of order');
    };
    await scene.create();
    const everywhere = `${scene.said.text}${JSON.stringify(scene.worker.commands)}`;
    expect(everywhere).toContain('failed with [secret]');
    expect(scene.provider.everySecret).toHaveLength(3);
    for (const secret of [...scene.provider.everySecret, API_KEY, 'the-key-that-was-there-before']) {
      expect(everywhere).not.toContain(secret);
    }
  });

  it('asks for no column of an instance but its id', async () => {
    const scene = await freshScene();
    const seen: string[] = [];
    await scene.vast(scene.args, {
      fetch: async (...request) => {
        const response = await scene.network.fetch(...request);
        seen.push(await response.clone().text());
        return response;
      },
    });
    expect(seen.join()).toContain('4711');
    expect(seen.join()).not.toContain('a-token-of-the-instance');
  });

  it.each([401, 403] as const)('takes a %i for the refusal that it is', async (status) => {
    const scene = await freshScene();
    scene.provider.refusesScopeWith = status;
    expect(await scene.create()).toMatchObject({ exitCode: 0 });
  });

  it('is a matter of usage without --read', async () => {
    const scene = await freshScene();
    expect(await scene.vast(['keys', 'create'])).toMatchObject({ exitCode: 2 });
    expect(scene.provider.calls).toEqual([]);
  });

  it('says what is to be told of the scope where it is asked for', async () => {
    const scene = await freshScene();
    const { stdout } = await scene.vast(['keys', 'create', '--help']);
    for (const word of ['logs', 'SSH', 'deposits']) expect(stdout).toContain(word);
  });
});

describe('a key with too much reach', () => {
  it('is not stored but deleted, with a warning', async () => {
    const scene = await freshScene();
    scene.provider.ignoresPermissions = true;
    const run = await scene.create();
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/reads the account.*deleted again/) });
    expect(scene.worker.commands).toEqual([]);
    expect(scene.made()).toEqual([]);
  });

  it.each([
    ['the list of keys alone', 'keys'],
    ['the preferences alone', 'prefs'],
  ])('is known by %s', async (_what, open) => {
    const scene = await freshScene();
    const [call, answer] =
      open === 'keys'
        ? ['keys', () => Response.json({ apikeys: [] })]
        : ['prefs', () => Response.json({ success: true, notification_preferences: {} })];
    const run = await scene.vast(scene.args, {
      fetch: async (input, init) => {
        const isNew = !JSON.stringify(init?.headers ?? {}).includes(API_KEY);
        const path = String(input);
        const isAsked = call === 'keys' ? path.includes('apikeys') : path.includes('notification-prefs');
        return isNew && isAsked ? answer() : scene.network.fetch(input, init);
      },
    });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('reads the account') });
    expect(scene.worker.commands).toEqual([]);
    expect(scene.made()).toEqual([]);
  });

  it.each([
    ['another scope as well', { api: { instance_read: {}, instance_write: {} } }, 'instance_write'],
    ['no restrictions', false, 'everything'],
  ])('is known by the answer that made it: %s', async (_what, permissions, word) => {
    const scene = await freshScene();
    const run = await scene.vast(scene.args, {
      fetch: async (input, init) => {
        const answer = await scene.network.fetch(input, init);
        if (init?.method !== 'POST' || !String(input).includes('apikeys')) return answer;
        return Response.json({ ...((await answer.json()) as object), permissions });
      },
    });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`may do more than it should: ${word}`) });
    expect(scene.worker.commands).toEqual([]);
    expect(scene.made()).toEqual([]);
  });

  it.each([
    ['lists none', () => Response.json({ apikeys: [] })],
    ['has no such list', () => new Response('Not found', { status: 404 })],
  ])('is known by the preferences although Vast.ai %s of the keys', async (_what, list) => {
    const scene = await freshScene();
    scene.provider.ignoresPermissions = true;
    scene.provider.add('https://w.example/webhooks/vastai', 's');
    const run = await scene.vast(scene.args, {
      fetch: async (input, init) => {
        const isList = (init?.method ?? 'GET') === 'GET' && String(input).includes('apikeys');
        if (!isList) return scene.network.fetch(input, init);
        return JSON.stringify(init?.headers ?? {}).includes(API_KEY) ? list() : new Response('', { status: 403 });
      },
    });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('reads the account') });
    expect(scene.provider.calls).toContain('prefs');
  });

  it('stays at Vast.ai only with a sentence that says so', async () => {
    const scene = await freshScene();
    scene.provider.ignoresPermissions = true;
    scene.provider.faults.push({ call: 'delete-key', when: 'before', answer: html });
    const run = await scene.create();
    expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/delete key 11 .*manage-keys/) });
    expect(scene.worker.commands).toEqual([]);
  });
});

describe('keys create --read, when something fails', () => {
  it.each<[string, string, () => Response]>([
    ['cannot list instances', 'instances', () => Response.json({ success: false }, { status: 403 })],
    ['cannot be tried out', 'instances', html],
    ['meets an account that does not answer', 'prefs', html],
  ])('stores no key that %s', async (_what, call, answer) => {
    const scene = await freshScene();
    scene.provider.faults.push({ call, when: 'before', answer });
    const run = await scene.create();
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('deleted again') });
    expect(scene.worker.commands).toEqual([]);
    expect(scene.made()).toEqual([]);
  });

  it('deletes the key where wrangler refuses, and says how to go on', async () => {
    const scene = await freshScene();
    scene.worker.onCommand = () => {
      throw new Error('not logged in');
    };
    const run = await scene.create();
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/not logged in.*run this again/) });
    expect(scene.made()).toEqual([]);
  });

  it('makes nothing with a key that may not make keys', async () => {
    const scene = await freshScene();
    scene.provider.apiKeys.set('narrow', { id: 2, name: 'narrow', scopes: ['user_read'] });
    scene.env.VAST_API_KEY = 'narrow';
    const run = await scene.create();
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('may not do this (403)') });
    expect(scene.provider.apiKeys.size).toBe(2);
  });

  it.each(['before', 'after'] as const)(
    'says what may be left where the answer is lost (%s it was made)',
    async (when) => {
      const scene = await freshScene();
      scene.provider.faults.push({ call: 'create-key', when, answer: html });
      const run = await scene.create();
      expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/manage-keys.*delete it there/) });
      expect(scene.provider.calls.filter((call) => call === 'create-key')).toHaveLength(1);
      for (const [, { name }] of scene.made()) expect(run.stderr).toContain(`"${name}"`);
    },
  );

  it('can be run again after any step it was killed at, and names the keys that are left', async () => {
    let kills = 0;
    for (let step = 1; step <= 20; step += 1) {
      const scene = await freshScene();
      if ((await killedAt(scene, scene.args, step, 'after')) !== undefined) break;
      kills += 1;
      const left = scene.made().map(([, { id }]) => id);
      if (left.length > 0) expect(scene.said.text).toMatch(/If it stops before it is stored, run this again/);
      const run = await scene.create();
      expect({ step, ...run }).toMatchObject({ step, exitCode: 0, stderr: '' });
      for (const id of left) expect(run.stdout).toMatch(new RegExp(`From earlier runs: .*\\b${id}\\b`));
      const stored = scene.provider.apiKeys.get(scene.worker.stored.get(SLOT) ?? '');
      expect(stored?.scopes).toEqual(['instance_read']);
    }
    expect(kills).toBeGreaterThan(4);
  });

  it('holds off Ctrl-C from the making of the key until it is stored', async () => {
    const scene = await freshScene();
    const inside: string[] = [];
    const uninterrupted = async <Value>(run: () => Promise<Value>) => {
      const before = scene.provider.calls.length;
      const value = await run();
      inside.push(...scene.provider.calls.slice(before), ...scene.worker.commands.map(({ verb }) => verb));
      return value;
    };
    await scene.vast(scene.args, { uninterrupted });
    expect(inside).toEqual(['create-key', 'instances', 'keys', 'prefs', 'put']);
  });
});
