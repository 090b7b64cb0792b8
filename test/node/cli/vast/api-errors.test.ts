// Every way in which Vast.ai's API can fail becomes one clear line, and only what is safe to repeat
// is repeated.
import { describe, expect, it, vi } from 'vitest';
import { createApiClient } from '../../../../src/vast/api-client.ts';
import { type ApiFailure, isTransient, mayHaveHappened } from '../../../../src/vast/api-failure.ts';
import { createClock } from './clock.ts';
import type { Fault } from './fake-provider.ts';
import { createScene } from './scene.ts';
import { never, serve } from './serve.ts';

const listing = ['webhooks', 'list'];

async function failing(fault: Omit<Fault, 'call' | 'when'>, call = 'list') {
  const scene = await createScene();
  scene.provider.faults.push({ call, when: 'before', ...fault });
  return scene;
}

describe('an API error', () => {
  it.each<[string, () => Response, RegExp]>([
    [
      '400',
      () => Response.json({ success: false, error: 'bad', msg: 'No good' }, { status: 400 }),
      /refused the request \(400\): No good\.$/,
    ],
    ['400 without texts', () => Response.json({}, { status: 400 }), /refused the request \(400\)\.$/],
    ['401', () => Response.json({ success: false }, { status: 401 }), /API key \(401\).*VAST_API_KEY/],
    ['404', () => Response.json({ success: false, msg: 'gone' }, { status: 404 }), /\(404\): gone/],
    ['429 in plain text', () => new Response('Too many', { status: 429 }), /limiting requests \(429\)/],
    ['500', () => Response.json({ success: false, msg: 'boom' }, { status: 500 }), /problem of its own \(500\): boom/],
    [
      'a web page',
      () => new Response('<html>login</html>', { headers: { 'content-type': 'text/html' } }),
      /web page, not the API/,
    ],
    ['broken JSON', () => new Response('{"success": tru'), /not what the API documents/],
    ['missing fields', () => Response.json({ success: true }), /not what the API documents/],
    ['success: false with 200', () => Response.json({ success: false, msg: 'Nope' }), /"not successful": Nope/],
    [
      'a redirect',
      () => Response.redirect('https://elsewhere.example/'),
      /redirects to https:\/\/elsewhere\.example\//,
    ],
  ])('%s becomes one line', async (_name, answer, line) => {
    const scene = await failing({ answer });
    const run = await scene.vast(listing);
    expect(run.exitCode).toBe(1);
    expect(run.stderr.trimEnd()).toMatch(line);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('no network becomes one line that names the system’s code', async () => {
    const scene = await createScene();
    scene.env.VAST_API_URL = 'http://127.0.0.1:1';
    const run = await scene.vast(listing);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/no connection to the API/);
  });

  it('silence becomes a time-out', async () => {
    const origin = await serve(() => never);
    const call = createApiClient({ ...createClock(), base: new URL(origin), fetch, key: 'k', timeoutMs: 50 });
    expect(await call('POST', '/x')).toEqual({
      ok: false,
      failure: { kind: 'timeout', seconds: 0.05 },
    });
  });

  it('cannot write control characters to the terminal', async () => {
    const scene = await failing({ answer: () => Response.json({ msg: 'a\u001b[2Jb\nc' }, { status: 400 }) });
    expect((await scene.vast(listing)).stderr).toContain('a\ufffd[2Jb c');
  });

  it('is one JSON object on stdout with --json', async () => {
    const scene = await failing({ answer: () => Response.json({}, { status: 400 }) });
    const run = await scene.vast([...listing, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, exitCode: 1 });
  });
});

describe('repeating', () => {
  it.each([429, 500, 503])('asks again after %i', async (status) => {
    const scene = await failing({ times: 2, answer: () => new Response('later', { status }) });
    expect((await scene.vast(listing)).exitCode).toBe(0);
    expect(scene.provider.calls).toHaveLength(3);
  });

  it('waits longer each time, and as long as Retry-After says, in seconds or as a date', async () => {
    const start = Date.parse('2026-11-24T12:00:00Z');
    const busy = (retryAfter: string) => new Response('', { status: 503, headers: { 'Retry-After': retryAfter } });
    const waits = async (...answers: Response[]) => {
      const pauses: number[] = [];
      let now = start;
      const origin = await serve(() => answers.shift() ?? Response.json({ success: true }));
      const sleep = async (ms: number) => {
        pauses.push(ms);
        now += ms;
      };
      const call = createApiClient({ base: new URL(origin), fetch, now: () => now, sleep, key: 'k' });
      expect((await call('GET', '/')).ok).toBe(true);
      return pauses;
    };
    const [first = 0, second = 0] = await waits(new Response('', { status: 429 }), new Response('', { status: 500 }));
    expect(second).toBeGreaterThan(first);
    expect(await waits(busy('7'), busy(new Date(start + 16_000).toUTCString()))).toEqual([7_000, 9_000]);
  });

  it('leaves each route the interval that Vast.ai wants, whatever is asked of it', async () => {
    let now = Date.parse('2026-11-24T12:00:00Z');
    const calls: string[] = [];
    const origin = await serve(() => Response.json({ success: true }));
    const sleep = async (ms: number) => {
      now += ms;
    };
    const call = createApiClient({ base: new URL(origin), fetch, now: () => now, sleep, key: 'k' });
    const start = now;
    for (const path of ['webhooks/', 'webhooks/1/', 'webhooks/', 'webhooks/2/', 'auth/apikeys/']) {
      await call('GET', `/api/v0/${path}?n=${calls.length}`);
      calls.push(`${now - start} ${path}`);
    }
    await call('POST', '/api/v0/auth/apikeys/', {});
    expect([...calls, `${now - start} made`]).toEqual([
      '0 webhooks/',
      '0 webhooks/1/',
      '2100 webhooks/',
      '2100 webhooks/2/',
      '2100 auth/apikeys/',
      '4200 made',
    ]);
  });

  it('gives up after a few tries', async () => {
    const scene = await failing({ answer: () => new Response('', { status: 503 }) });
    expect((await scene.vast(listing)).exitCode).toBe(1);
    expect(scene.provider.calls).toHaveLength(4);
  });

  it.each([400, 401, 404])('does not ask again after %i', async (status) => {
    const scene = await failing({ answer: () => Response.json({}, { status }) });
    await scene.vast(listing);
    expect(scene.provider.calls).toHaveLength(1);
  });
});

describe('the API key', () => {
  it.each(['http://console.example', 'ftp://console.example', 'nonsense'])('is not sent to %s', async (url) => {
    const scene = await createScene();
    scene.env.VAST_API_URL = url;
    const fetched = vi.fn<typeof fetch>();
    const run = await scene.vast(listing, { fetch: fetched });
    expect(run.exitCode).toBe(2);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('does not travel across a redirect', async () => {
    const seen: Request[] = [];
    const thief = await serve((request) => {
      seen.push(request);
      return Response.json({ success: true, webhooks: [] });
    });
    const scene = await failing({ answer: () => Response.redirect(`${thief}/api/v0/webhooks/`, 307) });
    expect((await scene.vast(listing)).exitCode).toBe(1);
    expect(seen).toEqual([]);
  });

  it('is asked for where the environment has none', async () => {
    const scene = await createScene();
    const key = scene.env.VAST_API_KEY ?? '';
    scene.env.VAST_API_KEY = undefined;
    expect((await scene.vast(listing, { askHidden: async () => `${key}\n` })).exitCode).toBe(0);
  });

  it('is a matter of usage where there is nobody to ask', async () => {
    const scene = await createScene();
    scene.env.VAST_API_KEY = undefined;
    expect((await scene.vast(listing)).exitCode).toBe(2);
    expect(scene.provider.calls).toEqual([]);
  });

  it('is blanked out where the API repeats it', async () => {
    const scene = await createScene();
    const key = String(scene.env.VAST_API_KEY);
    scene.provider.faults.push({
      call: 'list',
      when: 'before',
      answer: () => Response.json({ msg: `bad ${key}` }, { status: 401 }),
    });
    const run = await scene.vast(listing);
    expect(run.stderr).toContain('bad [secret]');
    expect(run.stderr).not.toContain(key);
  });
});

describe('a failure of the API', () => {
  it.each<[failure: ApiFailure, mayHaveHappened: boolean, transient: boolean]>([
    [{ kind: 'status', status: 400, detail: '' }, false, false],
    [{ kind: 'status', status: 429, detail: '' }, false, true],
    [{ kind: 'status', status: 500, detail: '' }, true, true],
    [{ kind: 'unsuccessful', detail: '' }, false, false],
    [{ kind: 'web_page', status: 200 }, true, false],
    [{ kind: 'web_page', status: 404 }, false, false],
    [{ kind: 'web_page', status: 429 }, false, true],
    [{ kind: 'web_page', status: 502 }, true, true],
    [{ kind: 'malformed', status: 200 }, true, false],
    [{ kind: 'redirect', location: '/' }, false, false],
    [{ kind: 'timeout', seconds: 30 }, true, true],
    [{ kind: 'network', detail: 'ECONNRESET' }, true, true],
  ])('%j: may have happened %s, transient %s', (failure, happened, transient) => {
    expect(mayHaveHappened(failure)).toBe(happened);
    expect(isTransient(failure)).toBe(transient);
  });
});
