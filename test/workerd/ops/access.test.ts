import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, askStranger, ORIGIN } from './ask.ts';

// Failed log-ins are logged; here they are many.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

const paths = [
  '/ops',
  '/ops/',
  '/ops/events',
  '/ops/events/x',
  '/ops/api/stats',
  '/ops/metrics',
  '/ops/style.css',
  '/ops/x',
];

describe('without OPS_TOKEN', () => {
  for (const OPS_TOKEN of [undefined, '']) {
    for (const method of ['GET', 'POST', 'HEAD']) {
      it(`answers ${method} as for any unknown path, with the token ${OPS_TOKEN === '' ? 'empty' : 'missing'}`, async () => {
        const unknown = await ask('/nowhere', { method, env: { OPS_TOKEN } as never });
        expect(unknown.status).toBe(404);
        const body = await unknown.text();
        for (const path of paths) {
          const answer = await ask(path, { method, env: { OPS_TOKEN } as never });
          expect(answer.status, path).toBe(404);
          expect([...answer.headers], path).toEqual([...unknown.headers]);
          expect(await answer.text(), path).toBe(body);
        }
      });
    }
  }
});

describe('logging in', () => {
  it('asks a stranger for a password on every path and tells nothing else', async () => {
    for (const path of paths) {
      const answer = await askStranger(path);
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate'), path).toBe('Basic realm="ops"');
      expect(await answer.text(), path).toBe('Unauthorized');
    }
  });

  it('takes any user name with the right password', async () => {
    for (const user of ['', 'admin', 'ä']) {
      const authorization = `Basic ${new TextEncoder().encode(`${user}:ops-test-token`).toBase64()}`;
      expect((await askStranger('/ops', { headers: { authorization } })).status, user).toBe(200);
    }
  });

  for (const password of ['', 'ops-test-toke', 'ops-test-token ', 'OPS-TEST-TOKEN', 'x'.repeat(5_000)]) {
    it(`refuses a wrong password of ${password.length} characters`, async () => {
      const headers = { authorization: `Basic ${btoa(`anyone:${password}`)}`, 'cf-connecting-ip': crypto.randomUUID() };
      expect((await askStranger('/ops', { headers })).status).toBe(401);
    });
  }

  it('refuses a log-in that is not Basic, or not readable', async () => {
    for (const authorization of ['Bearer ops-test-token', 'Basic', 'Basic %%%', 'Basic b3Bz', 'ops-test-token']) {
      expect((await askStranger('/ops', { headers: { authorization } })).status, authorization).toBe(401);
    }
  });
});

describe('too many failed log-ins', () => {
  const wrong = { authorization: `Basic ${btoa('anyone:wrong')}` };
  const failUntilTurnedAway = async (address: string) => {
    for (let tries = 1; tries <= 15; tries += 1) {
      const answer = await askStranger('/ops', { headers: { ...wrong, 'cf-connecting-ip': address } });
      if (answer.status === 429) return { answer, tries };
    }
    return undefined;
  };

  it('turns an address away after ten a minute, and says for how long', async () => {
    const turned = await failUntilTurnedAway('192.0.2.1');
    expect(turned?.tries).toBe(11);
    expect(Number(turned?.answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(turned?.answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  });

  it('does not look at even the right password from there, but lets others in', async () => {
    await failUntilTurnedAway('192.0.2.2');
    expect((await ask('/ops', { headers: { 'cf-connecting-ip': '192.0.2.2' } })).status).toBe(429);
    expect((await ask('/ops', { headers: { 'cf-connecting-ip': '192.0.2.3' } })).status).toBe(200);
  });

  it('takes all addresses of an IPv6 /64 for one client, and those of the next /64 for another', async () => {
    await failUntilTurnedAway('2001:db8:0:7::1');
    const from = async (address: string) => (await ask('/ops', { headers: { 'cf-connecting-ip': address } })).status;
    expect(await from('2001:db8:0:7:ffff:1:2:3')).toBe(429);
    expect(await from('2001:db8:0:8::1')).toBe(200);
  });

  it('counts neither successes nor requests without a password', async () => {
    for (let request = 0; request < 30; request += 1) {
      const headers = { 'cf-connecting-ip': '192.0.2.4' };
      expect((await ask('/ops/style.css', { headers })).status).toBe(200);
      expect((await askStranger('/ops', { headers })).status).toBe(401);
    }
  });

  for (const [what, limiter] of [
    ['fails', { limit: () => Promise.reject(new Error('limiter is out')) }],
    ['is not bound', undefined],
  ] as const) {
    it(`lets the right password in and refuses a wrong one while the limiter ${what}`, async () => {
      const env = { OPS_LOGINS: limiter } as never;
      expect((await ask('/ops/style.css', { env })).status).toBe(200);
      const headers = { ...wrong, 'cf-connecting-ip': '192.0.2.5' };
      for (let tries = 0; tries < 20; tries += 1)
        expect((await askStranger('/ops', { headers, env })).status).toBe(401);
    });
  }
});

describe('unsafe requests', () => {
  const post = (headers: Record<string, string>, path = '/ops/events/x/replay') =>
    ask(path, { method: 'POST', headers });
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
      for (const path of ['/ops/events/x/replay', '/ops/replay', '/ops/api/events/x/replay', '/ops/api/replay']) {
        expect((await post(headers, path)).status, path).toBe(403);
      }
    });
  }

  it('are taken from our own pages and from scripts', async () => {
    expect((await post({ ...form, 'sec-fetch-site': 'same-origin', origin: ORIGIN })).status).toBe(303);
    expect((await post({ ...form, origin: ORIGIN })).status).toBe(303);
    expect((await post({}, '/ops/api/events/x/replay')).status).toBe(404);
  });
});

describe('every answer', () => {
  const answers = () =>
    Promise.all([ask('/ops'), ask('/ops/api/stats'), ask('/ops/events?status=no'), askStranger('/ops')]);

  it('is kept by no cache and no search engine', async () => {
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

  it('is taken for what it says it is, framed by nobody, and told to no other site', async () => {
    for (const { headers } of await answers()) {
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('strict-transport-security')).toContain('max-age=15552000');
    }
  });

  it('is served with a trailing slash, and to HEAD without a body', async () => {
    for (const path of ['/ops/', '/ops/events/', '/ops/api/stats/', '/ops/metrics/']) {
      expect((await ask(path)).status, path).toBe(200);
      const head = await ask(path, { method: 'HEAD' });
      expect([head.status, await head.text()], path).toEqual([200, '']);
    }
  });

  it('names the methods that a path takes', async () => {
    expect((await ask('/ops', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
    expect((await ask('/ops/api/events/x', { method: 'DELETE' })).status).toBe(405);
    expect((await ask('/ops/api/events/x/replay')).headers.get('allow')).toBe('POST');
    expect((await ask('/ops/replay', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, POST');
  });
});
