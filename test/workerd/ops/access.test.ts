import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MIN_OPS_TOKEN_LENGTH } from '../../../src/limits.ts';
import { PUBLISHED_SECRETS } from '../../../src/published-secrets.ts';
import { ask, askStranger, ORIGIN, TOKEN } from './ask.ts';

const warn = vi.spyOn(console, 'warn');
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {});
});
const warnings = () => warn.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);

const paths = [
  '/ops',
  '/ops/',
  '/ops/events',
  '/ops/events/x',
  '/ops/event?id=x',
  '/ops/api/stats',
  '/ops/metrics',
  '/ops/style.css',
  '/ops/x',
];

const TOO_SHORT = 'x'.repeat(MIN_OPS_TOKEN_LENGTH - 1);
const logInWith = (token: string) => ({ authorization: `Basic ${btoa(`anyone:${token}`)}` });

describe('a closed tree', () => {
  for (const [what, OPS_TOKEN] of [
    ['no token', undefined],
    ['an empty token', ''],
    ['a token that is one character too short', TOO_SHORT],
    ['the published token', PUBLISHED_SECRETS.OPS_TOKEN],
  ] as const) {
    for (const method of ['GET', 'POST', 'HEAD']) {
      it(`answers ${method} like an unknown path, with ${what}`, async () => {
        const init = { method, headers: logInWith(OPS_TOKEN ?? ''), env: { OPS_TOKEN } as never };
        const unknown = await ask('/nowhere', init);
        expect(unknown.status).toBe(404);
        const body = await unknown.text();
        for (const path of paths) {
          const answer = await ask(path, init);
          expect(answer.status, path).toBe(404);
          expect([...answer.headers], path).toEqual([...unknown.headers]);
          expect(await answer.text(), path).toBe(body);
        }
      });
    }
  }

  it('logs once per isolate that the token is too short', async () => {
    vi.resetModules();
    const { createOps } = await import('../../../src/ops/ops-app.ts');
    const ops = createOps();
    for (let request = 0; request < 3; request += 1) {
      await ops.request(ORIGIN, {}, { OPS_TOKEN: TOO_SHORT });
      await ops.request(ORIGIN, {}, {});
    }
    expect(warnings()).toEqual([{ event: 'ops.closed', reason: 'token_too_short', note: 'OPS_TOKEN' }]);
  });

  it('opens on this machine with any token, and elsewhere from the minimum length', async () => {
    const statusAt = async (origin: string, OPS_TOKEN: string) => {
      const headers = logInWith(OPS_TOKEN);
      return (await askStranger(`${origin}/ops/style.css`, { headers, env: { OPS_TOKEN } })).status;
    };
    for (const host of ['localhost:8787', '127.0.0.1:8787', '127.0.0.2', '[::1]:8787']) {
      expect(await statusAt(`http://${host}`, 'short'), host).toBe(200);
    }
    for (const host of ['localhost.worker.example', '127.0.0.1.worker.example', 'worker.example']) {
      expect(await statusAt(`https://${host}`, TOO_SHORT), host).toBe(404);
      expect(await statusAt(`https://${host}`, `${TOO_SHORT}x`), host).toBe(200);
    }
  });

  it('opens with the published token on this machine alone, and not through a tunnel that says localhost', async () => {
    const { OPS_TOKEN } = PUBLISHED_SECRETS;
    const statusWith = async (headers: Record<string, string>) => {
      const init = { headers: { ...logInWith(OPS_TOKEN), ...headers }, env: { OPS_TOKEN } };
      return (await askStranger('http://localhost:8787/ops/style.css', init)).status;
    };
    expect(await statusWith({})).toBe(200);
    expect(await statusWith({ 'x-forwarded-for': '203.0.113.7' })).toBe(404);
    expect(await statusWith({ 'x-forwarded-host': 'abc.tunnel.example' })).toBe(404);
  });

  it('stays closed on this machine without a token', async () => {
    expect((await ask('http://localhost/ops', { env: { OPS_TOKEN: '' } })).status).toBe(404);
  });
});

describe('logging in', () => {
  it('asks a stranger for a password on every path and reveals nothing', async () => {
    for (const path of paths) {
      const answer = await askStranger(path);
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate'), path).toBe('Basic realm="ops"');
      expect(await answer.text(), path).toBe('Unauthorized');
    }
    expect(warnings()).toEqual([]);
  });

  it('accepts any user name with the right password', async () => {
    for (const user of ['', 'admin', 'ä']) {
      const authorization = `Basic ${new TextEncoder().encode(`${user}:${TOKEN}`).toBase64()}`;
      expect((await askStranger('/ops', { headers: { authorization } })).status, user).toBe(200);
    }
  });

  for (const [what, password] of [
    ['an empty password', ''],
    ['the password without its last character', TOKEN.slice(0, -1)],
    ['the password with a space behind it', `${TOKEN} `],
    ['the password in capitals', TOKEN.toUpperCase()],
    ['a very long password', 'x'.repeat(5_000)],
  ] as const) {
    it(`refuses ${what}, and logs one line without it`, async () => {
      const answer = await askStranger('/ops', { headers: logInWith(password) });
      expect(answer.status).toBe(401);
      const wrong = 'Wrong password for user "anyone": it is this Worker\'s OPS_TOKEN. Any user name will do.';
      expect(await answer.text()).toBe(wrong);
      expect(warnings()).toEqual([{ event: 'ops.login_failed', reason: 'wrong_password' }]);
    });
  }

  it('refuses a log-in that is not Basic or cannot be decoded', async () => {
    for (const authorization of [`Bearer ${TOKEN}`, 'Basic', 'Basic %%%', 'Basic b3Bz', TOKEN]) {
      expect((await askStranger('/ops', { headers: { authorization } })).status, authorization).toBe(401);
    }
  });
});

describe('unsafe requests', () => {
  const post = (headers: Record<string, string>, path = '/ops/replay') => ask(path, { method: 'POST', headers });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  for (const [what, headers] of [
    ['a form of another site', { ...form, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a form of a sibling site', { ...form, 'sec-fetch-site': 'same-site', origin: 'https://other.worker.example' }],
    ['another origin, from a browser without Sec-Fetch-Site', { ...form, origin: 'https://evil.example' }],
    ['an opaque origin', { ...form, origin: 'null' }],
    ['JSON of another site', { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' }],
    ['another site that claims our origin', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ] as [string, Record<string, string>][]) {
    it(`are refused from ${what}`, async () => {
      for (const path of ['/ops/event/replay?id=x', '/ops/replay', '/ops/api/event/replay?id=x', '/ops/api/replay']) {
        expect((await post(headers, path)).status, path).toBe(403);
      }
    });
  }

  it('are accepted from our own pages and from scripts', async () => {
    // Each reaches its handler, which then refuses what is asked for.
    expect((await post({ ...form, 'sec-fetch-site': 'same-origin', origin: ORIGIN })).status).toBe(400);
    expect((await post({ ...form, origin: ORIGIN })).status).toBe(400);
    expect((await post({}, '/ops/api/event/replay?id=x')).status).toBe(404);
  });
});

describe('every answer', () => {
  const answers = () =>
    Promise.all([ask('/ops'), ask('/ops/api/stats'), ask('/ops/events?status=no'), askStranger('/ops')]);

  it('is stored by no cache and no search engine', async () => {
    for (const { headers } of await answers()) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-robots-tag')).toContain('noindex');
    }
  });

  it('allows no script, no frame and no inline style', async () => {
    for (const { headers } of await answers()) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|script-src/);
    }
  });

  it('cannot be sniffed, framed, or read by another site', async () => {
    for (const { headers } of await answers()) {
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      // Not of subdomains: on a zone's apex, one look at a page would bind them all.
      expect(headers.get('strict-transport-security')).toBe('max-age=15552000');
    }
  });

  it('works with a trailing slash, and without a body for HEAD', async () => {
    for (const path of ['/ops/', '/ops/events/', '/ops/api/stats/', '/ops/metrics/']) {
      expect((await ask(path)).status, path).toBe(200);
      const head = await ask(path, { method: 'HEAD' });
      expect([head.status, await head.text()], path).toEqual([200, '']);
    }
  });

  it('names the methods that a path accepts', async () => {
    expect((await ask('/ops', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
    expect((await ask('/ops/api/event', { method: 'DELETE' })).status).toBe(405);
    expect((await ask('/ops/api/event/replay')).headers.get('allow')).toBe('POST');
    expect((await ask('/ops/replay', { method: 'PUT' })).headers.get('allow')).toBe('POST');
  });
});
