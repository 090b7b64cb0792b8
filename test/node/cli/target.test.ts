import { expect, it } from 'vitest';
import { targetOf } from '../../../src/cli/target.ts';

it.each([
  ['http://localhost:8787', undefined, 'http://localhost:8787/webhooks/vastai'],
  ['http://localhost:8787/', 'host', 'http://localhost:8787/webhooks/vastai/host'],
  ['https://a.workers.dev/webhooks/vastai', undefined, 'https://a.workers.dev/webhooks/vastai'],
  ['https://a.workers.dev/webhooks/vastai', 'host', 'https://a.workers.dev/webhooks/vastai/host'],
  ['https://a.workers.dev/webhooks/vastai/client', 'host', 'https://a.workers.dev/webhooks/vastai/host'],
])('%s with endpoint %s is %s', (address, endpoint, url) => {
  const target = targetOf(address, endpoint);
  expect(target.ok && target.value.url.href).toBe(url);
});

it('reads the endpoint from a registered URL', () => {
  expect(targetOf('https://a.workers.dev/webhooks/vastai/host')).toMatchObject({
    ok: true,
    value: { endpoint: 'host' },
  });
});

it.each(['localhost', '8787', 'ftp://localhost', 'https://a.workers.dev/elsewhere', ''])('refuses %j', (address) => {
  expect(targetOf(address).ok).toBe(false);
});

it.each([
  ['http://localhost:8787', true],
  ['http://127.0.0.1:8787', true],
  ['http://[::1]:8787', true],
  ['http://worker.localhost', true],
  ['https://localhost.example.com', false],
  ['https://127.0.0.1.example.com', false],
  ['https://a.workers.dev', false],
])('tells whether %s is this machine: %s', (address, local) => {
  expect(targetOf(address)).toMatchObject({ ok: true, value: { local } });
});
