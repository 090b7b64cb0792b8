// From what is typed after `--url` and `--endpoint` to the URL, the endpoint and the secrets that
// belong to it.
import { describe, expect, it } from 'vitest';
import { isSameUrl, secureTargetOf, targetOf } from '../../../src/cli/target.ts';

describe('the target', () => {
  it.each([
    ['http://localhost:8787', undefined, 'http://localhost:8787/webhooks/vastai', 'default'],
    ['https://w.example', 'default', 'https://w.example/webhooks/vastai', 'default'],
    ['https://w.example/', 'host', 'https://w.example/webhooks/vastai/host', 'host'],
    ['https://w.example/webhooks/vastai/', undefined, 'https://w.example/webhooks/vastai', 'default'],
    ['https://w.example/webhooks/vastai/', 'default', 'https://w.example/webhooks/vastai', 'default'],
    ['https://w.example/webhooks/vastai/host', undefined, 'https://w.example/webhooks/vastai/host', 'host'],
  ])('of %s with endpoint %s is %s', (address, endpoint, url, name) => {
    expect(targetOf(address, endpoint)).toMatchObject({ url, endpoint: name, worker: new URL(address).origin });
  });

  it.each([
    ['default', 'VASTAI_WEBHOOK_SECRET'],
    ['gpu-farm', 'VASTAI_WEBHOOK_SECRET_GPU_FARM'],
  ])('of endpoint %s has its secrets in %s and its second', (endpoint, name) => {
    expect(targetOf('https://w.example', endpoint).slots).toEqual([name, `${name}_2`]);
  });

  it.each([
    ['no URL', 'localhost', undefined, 'is not an address'],
    ['a port alone', '8787', undefined, 'is not an address'],
    ['nothing', '', undefined, 'is not an address'],
    ['another scheme', 'ftp://localhost', undefined, 'is not an address'],
    ['credentials', 'https://me:pw@w.example', undefined, 'credentials'],
    ['a query', 'https://w.example/?x=1', undefined, 'query'],
    ['another path', 'https://w.example/other', undefined, 'the Worker serves /webhooks/vastai'],
    ['the default endpoint by name', 'https://w.example/webhooks/vastai/default', undefined, 'the Worker serves'],
    ['a contradiction', 'https://w.example/webhooks/vastai/host', 'client', '--endpoint says "client"'],
    ['a contradiction to the default', 'https://w.example/webhooks/vastai', 'host', 'names endpoint "default"'],
    ['a reserved ending', 'https://w.example', 'host-2', 'is reserved'],
    ['a reserved name', 'https://w.example', 'patrol', 'is reserved'],
    ['a malformed name', 'https://w.example', 'Host', 'is no name of an endpoint'],
  ])('is refused as wrong usage for %s', (_why, address, endpoint, words) => {
    const refused = expect.objectContaining({ exitCode: 2, message: expect.stringContaining(words) });
    expect(() => targetOf(address, endpoint)).toThrow(refused);
  });

  it.each([
    ['http://localhost:8787', true],
    ['http://127.0.0.1:8787', true],
    ['http://127.0.0.2:8787', true],
    ['http://[::1]:8787', true],
    ['http://worker.localhost', true],
    ['https://localhost.example.com', false],
    ['https://127.0.0.1.example.com', false],
    ['https://a.workers.dev', false],
  ])('tells whether %s is this machine: %s', (address, local) => {
    expect(targetOf(address).local).toBe(local);
  });
});

describe('a target that credentials are sent to', () => {
  it.each(['https://w.example', 'http://localhost:8787', 'http://127.0.0.2:8787'])('may be at %s', (address) => {
    expect(secureTargetOf(address)).toEqual(targetOf(address));
  });

  it.each([
    ['plain http', 'http://w.example', 'https://'],
    ['too long a URL', `https://${'a.'.repeat(1020)}example`, '2048 characters'],
  ])('is refused for %s', (_why, address, words) => {
    expect(() => secureTargetOf(address)).toThrow(words);
  });
});

it('takes two URLs for the same whatever slash they end in', () => {
  expect(isSameUrl('https://w.example/webhooks/vastai', 'https://W.example/webhooks/vastai/')).toBe(true);
  expect(isSameUrl('https://w.example/webhooks/vastai', 'https://w.example/webhooks/vastai/host')).toBe(false);
});
