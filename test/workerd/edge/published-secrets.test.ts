// A secret that everybody can read opens nothing but a Worker on this machine.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Secrets } from '../../../src/env.ts';
import { PUBLISHED_SECRETS } from '../../../src/published-secrets.ts';
import { collectConsole } from '../fakes/console.ts';
import { signedRequest } from '../signed-request.ts';
import { expectNothingDone, receiver } from './receiver.ts';

const PUBLISHED = PUBLISHED_SECRETS.VASTAI_WEBHOOK_SECRET;
const PATH = '/webhooks/vastai';

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  logged = collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A delivery signed with a published secret. */
const forged = (url: string, headers: Record<string, string> = {}) =>
  signedRequest({ url, secret: PUBLISHED, headers });

describe('on this machine', () => {
  test.each([
    'localhost:8787',
    'LOCALHOST',
    'w.localhost',
    '127.0.0.1:8787',
    '127.1',
    '[::1]:8787',
    '[0:0:0:0:0:0:0:1]',
  ])('a published secret works, asked for as %s', async (host) => {
    const { deliver } = receiver({ VASTAI_WEBHOOK_SECRET: PUBLISHED });
    expect((await deliver(await forged(`http://${host}${PATH}`))).status).toBe(200);
    expect((await deliver(new Request(`http://${host}/health`))).status).toBe(200);
  });
});

describe('anywhere else', () => {
  const hosts = [
    'vastai-webhooks.account.workers.dev',
    'abc.trycloudflare.com',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    'localhost.',
    '0.0.0.0',
    '192.168.0.7',
    '[::ffff:127.0.0.1]',
    '128.0.0.1',
  ];
  test.each(hosts)('a published secret is none, asked for as %s', async (host) => {
    const subject = receiver({ VASTAI_WEBHOOK_SECRET: PUBLISHED });
    const response = await subject.deliver(await forged(`https://${host}${PATH}`));
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '60']);
    expect(await response.json()).toEqual({ error: 'Not configured' });
    expectNothingDone(subject);

    const health = await subject.deliver(new Request(`https://${host}/health`));
    expect([health.status, await health.json()]).toEqual([503, { status: 'unconfigured' }]);
  });

  test.each(['x-forwarded-for', 'x-forwarded-host'])(
    'a tunnel that says localhost is known by its %s',
    async (name) => {
      const subject = receiver({ VASTAI_WEBHOOK_SECRET: PUBLISHED });
      const request = await forged(`http://localhost:8787${PATH}`, { [name]: 'abc.tunnel.example' });
      expect((await subject.deliver(request)).status).toBe(503);
      expectNothingDone(subject);
    },
  );

  test.each([
    ['', { VASTAI_WEBHOOK_SECRET_2: PUBLISHED }],
    ['/host', { VASTAI_WEBHOOK_SECRET_HOST: PUBLISHED }],
    ['/host', { VASTAI_WEBHOOK_SECRET_HOST_2: PUBLISHED }],
    ['', { VASTAI_WEBHOOK_SECRET: PUBLISHED, VASTAI_ROTATION_UNTIL: '9999999999' }],
  ] as [string, Secrets][])('%s has none with %j', async (path, secrets) => {
    const response = await receiver(secrets).deliver(await forged(`https://worker.example${PATH}${path}`));
    expect(await response.json()).toEqual({ error: 'Not configured' });
  });

  test('no published value is a secret under another name', async () => {
    const { deliver } = receiver({ VASTAI_WEBHOOK_SECRET: PUBLISHED_SECRETS.OPS_TOKEN });
    const request = await signedRequest({ secret: PUBLISHED_SECRETS.OPS_TOKEN });
    expect((await deliver(request)).status).toBe(503);
  });

  test.each([
    { VASTAI_WEBHOOK_SECRET: PUBLISHED, VASTAI_WEBHOOK_SECRET_2: 'good' },
    { VASTAI_WEBHOOK_SECRET: 'good', VASTAI_WEBHOOK_SECRET_2: PUBLISHED },
  ])('a good secret beside it stays live: %j', async (secrets) => {
    const { deliver } = receiver(secrets);
    expect((await deliver(await signedRequest({ secret: 'good' }))).status).toBe(200);
    expect((await deliver(await signedRequest({ secret: PUBLISHED }))).status).toBe(401);
    expect((await deliver(new Request('https://worker.example/health'))).status).toBe(200);
  });

  test('each name is logged once per isolate, with what to do and without the value', async () => {
    vi.resetModules();
    const { app } = await import('../../../src/app.ts');
    const env = { VASTAI_WEBHOOK_SECRET: PUBLISHED, VASTAI_WEBHOOK_SECRET_HOST: PUBLISHED };
    for (let request = 0; request < 3; request += 1) await app.request('https://worker.example/health', {}, env);

    const lines = logged.events().filter(({ event }) => event === 'secret.refused');
    expect(lines).toEqual(
      ['VASTAI_WEBHOOK_SECRET', 'VASTAI_WEBHOOK_SECRET_HOST'].map((name) => ({
        event: 'secret.refused',
        reason: 'published',
        note: expect.stringMatching(new RegExp(`value of ${name} .*secret put ${name}\\b.*\\.dev\\.vars .*route`)),
      })),
    );
    expect(logged.lines().join()).not.toContain(PUBLISHED);
  });
});

describe('a secret with white space at its ends', () => {
  test.each([' live', 'live\n', '\tlive ', '\ufefflive'])(
    '%j is named as the suspect of a mismatch, in the log alone',
    async (secret) => {
      const answers = [];
      for (const VASTAI_WEBHOOK_SECRET of [secret, 'live']) {
        const subject = receiver({ VASTAI_WEBHOOK_SECRET });
        const response = await subject.deliver(await signedRequest({ secret: 'another' }));
        answers.push([response.status, [...response.headers], await response.text()]);
      }
      expect(answers[0]).toEqual(answers[1]);
      const mismatch = { event: 'webhook.refused', endpoint: 'default', reason: 'signature_mismatch' };
      const note = 'a secret of this endpoint begins or ends with white space';
      expect(logged.events()).toEqual([{ ...mismatch, note }, mismatch]);
      expect(logged.lines().join()).not.toContain('live');
    },
  );

  test('is named while a rotation is under way, too', async () => {
    const subject = receiver({ VASTAI_WEBHOOK_SECRET: 'live ', VASTAI_ROTATION_UNTIL: '9999999999' });
    expect((await subject.deliver(await signedRequest({ secret: 'live' }))).status).toBe(503);
    expect(logged.events()[0]?.note).toMatch(/^signature_mismatch; .*white space$/);
  });
});
