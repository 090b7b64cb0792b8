// The feed as a program elsewhere reads it: what it gives, and what its token opens.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { MIN_OPS_TOKEN_LENGTH } from '../../../src/limits.ts';
import { createOps } from '../../../src/ops/ops-app.ts';
import { PUBLISHED_SECRETS } from '../../../src/published-secrets.ts';
import { ask, askStranger, json, ORIGIN, TOKEN } from './ask.ts';
import { refill } from './fill.ts';
import { DEAD_ID, LATE_ID, RETRYING_ID, UNREADABLE_ID } from './mixed-hour.ts';

const FEED = '/ops/api/feed';
const READ_TOKEN = 'read-token-of-the-workerd-tests';
const TOO_SHORT = 'x'.repeat(MIN_OPS_TOKEN_LENGTH - 1);

interface Page {
  readonly events: readonly { readonly seq: number; readonly status: string; readonly event: AnyEvent }[];
  readonly next: number;
}

const warn = vi.spyOn(console, 'warn');
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {});
});

const logIn = (token: string) => ({ authorization: `Basic ${new TextEncoder().encode(`ä:${token}`).toBase64()}` });
const asReader = (path: string, secrets: Partial<Env> = {}, init: RequestInit = {}, token = READ_TOKEN) =>
  askStranger(path, { ...init, headers: logIn(token), env: { READ_TOKEN, ...secrets } });
const feed = (query: string) => json<Page>(asReader(`${FEED}?${query}`));

describe('READ_TOKEN', () => {
  for (const [what, OPS_TOKEN] of [
    ['beside OPS_TOKEN', TOKEN],
    ['by itself', undefined],
  ] as const) {
    const secrets = { OPS_TOKEN } as Partial<Env>;

    it(`opens the feed ${what}, with any user name`, async () => {
      for (const path of [FEED, `${FEED}/`]) expect((await asReader(path, secrets)).status, path).toBe(200);
      const wrong = await asReader(FEED, secrets, {}, `${READ_TOKEN}x`);
      expect(wrong.status).toBe(401);
      const names = OPS_TOKEN === undefined ? 'READ_TOKEN' : 'OPS_TOKEN or READ_TOKEN';
      expect(await wrong.text()).toContain(`it is this Worker's ${names}.`);
      expect((await askStranger(FEED, { env: { READ_TOKEN, ...secrets } })).status).toBe(401);
    });

    it(`opens nothing else ${what}`, async () => {
      const paths = new Set(createOps().routes.map(({ path }) => `/ops${path}`.replace('/*', '/anything')));
      expect(paths.delete(FEED)).toBe(true);
      expect(paths.size).toBeGreaterThan(10);
      for (const path of paths) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
          const { status } = await asReader(path.replace(/:\w+/, 'x'), secrets, { method });
          expect(status, `${method} ${path}`).toBe(OPS_TOKEN === undefined ? 404 : 401);
        }
      }
    });

    it(`opens no path that resembles the feed's ${what}`, async () => {
      for (const path of [
        `${FEED}/x`,
        `${FEED}//`,
        `${FEED}s`,
        '/ops//api/feed',
        '/ops/api/Feed',
        '/ops/api/feed/../stats',
        '/ops/api/feed%2f..%2fstats',
        '/ops/api/feed;/stats',
        `/ops/api/stats?${FEED}`,
        `/ops/api/stats#${FEED}`,
        `/ops${FEED}`,
      ]) {
        const { status } = await asReader(path, secrets);
        expect(status, path).toBe(OPS_TOKEN === undefined ? 404 : 401);
      }
    });
  }

  it('is no other secret, and no other secret is it', async () => {
    expect((await ask('/ops/api/stats', { headers: logIn(READ_TOKEN), env: { READ_TOKEN } })).status).toBe(401);
    expect((await ask(FEED)).status).toBe(200);
    expect((await ask(FEED, { env: { READ_TOKEN } })).status).toBe(200);
    expect((await asReader(FEED, { READ_TOKEN: '' })).status).toBe(401);
  });

  it('leaves no path there that has no token', async () => {
    for (const [what, token] of [
      ['none', undefined],
      ['an empty one', ''],
      ['a short one', TOO_SHORT],
      ['a published one', PUBLISHED_SECRETS.OPS_TOKEN],
    ] as const) {
      const secrets = { READ_TOKEN: token, OPS_TOKEN: undefined } as never;
      const unknown = await asReader('/nowhere', secrets, {}, token);
      const answer = await asReader(FEED, secrets, {}, token);
      expect(answer.status, what).toBe(404);
      expect([...answer.headers], what).toEqual([...unknown.headers]);
      expect(await answer.text(), what).toBe(await unknown.text());
    }
    expect(warn.mock.calls.flat().join()).toContain('the value of READ_TOKEN is public');
  });

  it('may be short or published on this machine', async () => {
    for (const token of ['short', PUBLISHED_SECRETS.OPS_TOKEN]) {
      const { status } = await asReader(`http://localhost:8787${FEED}`, { READ_TOKEN: token }, {}, token);
      expect(status, token).toBe(200);
    }
  });

  it('is named in the log where it is too short, once', async () => {
    vi.resetModules();
    const { app } = await import('../../../src/app.ts');
    for (let request = 0; request < 3; request += 1) {
      await app.request(`${ORIGIN}${FEED}`, {}, { READ_TOKEN: TOO_SHORT });
    }
    const lines = warn.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
    expect(lines).toEqual([{ event: 'ops.closed', reason: 'token_too_short', note: 'READ_TOKEN' }]);
  });
});

describe('GET /ops/api/feed', () => {
  beforeEach(refill);

  it('gives every event that went to a handler once, oldest first, with its envelope and status', async () => {
    const all: Page['events'][number][] = [];
    let page: Page = { events: [], next: 0 };
    do {
      page = await feed(`after=${page.next}&limit=60`);
      all.push(...page.events);
    } while (page.events.length > 0);
    const ids = all.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).sort((a, b) => a - b));
    const { total, byStatus } = await json<{ total: number; byStatus: { quarantined: number } }>(ask('/ops/api/stats'));
    expect(all).toHaveLength(total - byStatus.quarantined);
    expect(ids).not.toContain(UNREADABLE_ID);
    expect(ids).not.toContain(LATE_ID);
    expect(all.find(({ event }) => event.id === DEAD_ID)).toEqual({
      seq: expect.any(Number),
      status: 'dead',
      event: expect.objectContaining({ type: 'outbid', endpoint: 'default', dialect: 'notification' }),
    });
    expect(all.at(-1)).toMatchObject({ status: 'retrying', event: { id: RETRYING_ID, data: expect.any(Object) } });
  });

  it('begins at the first event, or so many places before the end', async () => {
    expect((await feed('limit=1')).events[0]?.seq).toBe(1);
    const { events, next } = await feed('after=-1');
    expect(events.map(({ event }) => event.id)).toEqual([RETRYING_ID]);
    expect(await feed(`after=${next}`)).toEqual({ events: [], next });
  });

  it('answers at once where there is something, however long it may wait', async () => {
    const startedAt = Date.now();
    await feed('after=0&limit=1&wait=25');
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it.each([0, -1])('goes on waiting after %d where all that is there was kept aside', async (after) => {
    const event = { seq: 2, status: 'processed', event: '{"id":"ran"}' };
    const pages = [
      { events: [], next: 1 },
      { events: [], next: 1 },
      { events: [event], next: 2 },
    ];
    const places: number[] = [];
    const ledger = { feed: async (place: number) => pages[places.push(place) - 1] };
    const LEDGER = { getByName: () => ledger } as unknown as Env['LEDGER'];
    const page = await json<Page>(asReader(`${FEED}?after=${after}&wait=25`, { LEDGER, LOCAL_DEV: '1' }));
    expect(page).toMatchObject({ events: [{ seq: 2, event: { id: 'ran' } }], next: 2 });
    expect(places).toEqual([after, 1, 1]);
  });

  it('gives what was kept aside a place at the end once it runs', async () => {
    const { next } = await feed('after=-1');
    expect((await ask(`/ops/api/event/replay?id=${LATE_ID}`, { method: 'POST' })).status).toBe(202);
    const later = () => feed(`after=${next}`);
    await vi.waitUntil(async () => (await later()).events.length > 0, { timeout: 120_000, interval: 100 });
    expect((await later()).events).toMatchObject([{ seq: next + 1, event: { id: LATE_ID } }]);
  });

  for (const [query, why] of [
    ['after=x', 'after must be'],
    ['after=1.5', 'after must be'],
    ['after=-201', 'after must be'],
    ['after=99999999999999999999', 'after must be'],
    ['after=999999', 'after lies beyond'],
    ['limit=0', 'limit must be'],
    ['limit=201', 'limit must be'],
    ['wait=26', 'wait must be'],
    ['wait=-1', 'wait must be'],
  ] as const) {
    it(`refuses ${query} and says why`, async () => {
      const answer = await asReader(`${FEED}?${query}`);
      expect(answer.status).toBe(400);
      expect((await json<{ issues: string[] }>(Promise.resolve(answer))).issues[0]).toContain(why);
    });
  }

  it('answers 503 where the ledger fails', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const LEDGER = { getByName: () => ({ feed: () => Promise.reject(new Error('overloaded')) }) };
    const answer = await asReader(FEED, { LEDGER } as never);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await answer.json()).toEqual({ error: 'Temporarily unavailable' });
  });

  it('is for no browser of another site to read, and for no cache to keep', async () => {
    const { headers } = await asReader(FEED);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect((await asReader(FEED, {}, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  });
});
