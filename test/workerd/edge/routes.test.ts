// Which path and method mean what.
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Secrets } from '../../../src/env.ts';
import { collectConsole } from '../fakes/console.ts';
import { signedRequest, TEST_SECRET, WEBHOOK_URL } from '../signed-request.ts';
import { receiver } from './receiver.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('paths that mean nothing', () => {
  test.each([
    '/',
    '/webhooks',
    '/webhooks/vastai/Host',
    '/webhooks/vastai/1host',
    '/webhooks/vastai/-host',
    '/webhooks/vastai/host_a',
    '/webhooks/vastai/host%0a',
    '/webhooks/vastai/host.',
    `/webhooks/vastai/${'a'.repeat(33)}`,
    '/webhooks/vastai/host/more',
    '/webhooks/vastaix',
    '/WEBHOOKS/VASTAI',
    '/__proto__',
  ])('%s is answered 404', async (path) => {
    const { deliver, events } = receiver();
    const response = await deliver(await signedRequest({ url: `https://receiver.test${path}` }));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'Not found' });
    expect(events.send).not.toHaveBeenCalled();
  });
});

describe('methods other than POST', () => {
  const paths = ['', '/', '/client', '/client/'];
  test.each(
    ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].flatMap((method) =>
      paths.map((path) => [method, path] as const),
    ),
  )('%s /webhooks/vastai%s is answered 405 with Allow: POST', async (method, path) => {
    const { deliver } = receiver();
    const response = await deliver(new Request(WEBHOOK_URL + path, { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST');
  });
});

describe('endpoints', () => {
  test.each([
    ['', 'default', 'VASTAI_WEBHOOK_SECRET'],
    ['', 'default', 'VASTAI_WEBHOOK_SECRET_2'],
    ['/', 'default', 'VASTAI_WEBHOOK_SECRET'],
    ['/host', 'host', 'VASTAI_WEBHOOK_SECRET_HOST'],
    ['/host/', 'host', 'VASTAI_WEBHOOK_SECRET_HOST'],
    ['/host', 'host', 'VASTAI_WEBHOOK_SECRET_HOST_2'],
    ['/gpu-farm-1', 'gpu-farm-1', 'VASTAI_WEBHOOK_SECRET_GPU_FARM_1'],
    [`/${'a'.repeat(32)}`, 'a'.repeat(32), `VASTAI_WEBHOOK_SECRET_${'A'.repeat(32)}`],
  ] as const)('/webhooks/vastai%s is the endpoint %s, proven by %s', async (path, endpoint, name) => {
    const { deliver, events } = receiver({ [name]: 'its-own' } as Secrets);
    const response = await deliver(await signedRequest({ url: WEBHOOK_URL + path, secret: 'its-own' }));
    expect(response.status).toBe(200);
    expect(JSON.parse(events.messages[0] as string)).toMatchObject({ event: { endpoint } });
  });

  test.each([
    ['/host', { VASTAI_WEBHOOK_SECRET: TEST_SECRET, VASTAI_WEBHOOK_SECRET_2: TEST_SECRET }],
    ['', { VASTAI_WEBHOOK_SECRET_HOST: TEST_SECRET }],
    ['/hos', { VASTAI_WEBHOOK_SECRET_HOST: TEST_SECRET }],
    ['/default', { VASTAI_WEBHOOK_SECRET: TEST_SECRET, VASTAI_WEBHOOK_SECRET_DEFAULT: TEST_SECRET }],
    ['/queue', { VASTAI_WEBHOOK_SECRET: TEST_SECRET, VASTAI_WEBHOOK_SECRET_QUEUE: TEST_SECRET }],
    ['/host-2', { VASTAI_WEBHOOK_SECRET_HOST: 'another', VASTAI_WEBHOOK_SECRET_HOST_2: TEST_SECRET }],
    ['', { VASTAI_WEBHOOK_SECRET: '', VASTAI_WEBHOOK_SECRET_2: '' }],
    ['', {}],
  ])('/webhooks/vastai%s has no secret of its own among %j, and is answered 503', async (path, secrets) => {
    const { deliver, events, deadLetters } = receiver(secrets);
    const response = await deliver(await signedRequest({ url: WEBHOOK_URL + path }));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: 'Not configured' });
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(events.send).not.toHaveBeenCalled();
    expect(deadLetters.send).not.toHaveBeenCalled();
  });

  test("one endpoint's secret does not open another", async () => {
    const { deliver } = receiver({ VASTAI_WEBHOOK_SECRET: 'a', VASTAI_WEBHOOK_SECRET_HOST: 'b' });
    expect((await deliver(await signedRequest({ url: `${WEBHOOK_URL}/host`, secret: 'a' }))).status).toBe(401);
    expect((await deliver(await signedRequest({ url: WEBHOOK_URL, secret: 'b' }))).status).toBe(401);
  });
});

describe('/health', () => {
  test.each([
    ['ok', 200, { VASTAI_WEBHOOK_SECRET: 'a' }],
    ['ok', 200, { VASTAI_WEBHOOK_SECRET_HOST: 'a' }],
    ['ok', 200, { VASTAI_WEBHOOK_SECRET_2: 'a' }],
    ['unconfigured', 503, {}],
    ['unconfigured', 503, { VASTAI_WEBHOOK_SECRET: '' }],
    ['unconfigured', 503, { OPS_TOKEN: 'a', VASTAI_ROTATION_UNTIL: '1' }],
  ])('is %s (%i) with the secrets %j', async (status, code, secrets) => {
    const response = await receiver(secrets).deliver(new Request('https://receiver.test/health'));
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual({ status });
  });

  test('is read only', async () => {
    const response = await receiver().deliver(new Request('https://receiver.test/health', { method: 'POST' }));
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET, HEAD');
  });
});

test('something unforeseen is answered 500, without a word about what it was', async () => {
  const { env: faked, deliver } = receiver();
  Object.defineProperty(faked, 'EVENTS', {
    get() {
      throw new Error('the inner workings');
    },
  });
  const response = await deliver(await signedRequest());
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ error: 'Internal error' });
});

describe('the deployed entry point', () => {
  test('receives for the default endpoint', async () => {
    const response = await exports.default.fetch(await signedRequest({ secret: env.VASTAI_WEBHOOK_SECRET ?? '' }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ received: true });
  });

  test('knows an id from the time before', async () => {
    const send = () => signedRequest({ id: 'sent-twice' });
    expect(await (await exports.default.fetch(await send())).json()).toEqual({ received: true });
    await vi.waitUntil(async () => (await env.SEEN.get('vastai:event:sent-twice')) !== null, { timeout: 120_000 });
    expect(await (await exports.default.fetch(await send())).json()).toEqual({ received: true, duplicate: true });
  });
});
