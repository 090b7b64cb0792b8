// What wrangler says, word for word, and what we make of it without asking anybody.
import { expect, it, vi } from 'vitest';
import { whyFailed } from '../../../../src/cli/deploy/why-failed.ts';

const API = 'A request to the Cloudflare API';
const ACCOUNT = `/accounts/${'a'.repeat(32)}`;
const CONSUMERS = `Trigger configuration for "vastai-webhooks" was only partially updated:

  Queue consumers:
    - ${API} (${ACCOUNT}/queues/${'0'.repeat(32)}/consumers) failed.
      - Authentication error [code: 10000]

Successful trigger changes were not rolled back.`;

it.each([
  ['a namespace may be read, not created', 10000, `${API} (${ACCOUNT}/storage/kv/namespaces) failed.`, 'KV Storage'],
  ['a queue may be read, not created', 10000, `${API} (${ACCOUNT}/queues) failed.`, 'Queues'],
  ['a queue’s consumer may not be set', undefined, CONSUMERS, 'Queues'],
  ['the address may not be set', 10000, `${API} (${ACCOUNT}/workers/scripts/queues/subdomain) failed.`, 'Scripts'],
  ['the account may not be read', 10000, `${API} (/accounts) failed.`, 'CLOUDFLARE_ACCOUNT_ID'],
])('names what is missing where %s', async (_, code, message, named) => {
  vi.stubEnv('CLOUDFLARE_API_TOKEN', 'token');
  const { message: sentence } = await whyFailed({ code, message }, { env: '' });
  expect(sentence.match(/KV Storage|Queues|Scripts|CLOUDFLARE_ACCOUNT_ID/g)).toEqual([named]);
  vi.unstubAllEnvs();
});

it.each([
  ['a configuration that is not there', 'Could not read file: /nonexistent.toml', 2],
  ['a configuration with mistakes', 'Processing wrangler.toml configuration:\n  - "kv_namespaces[0]" …', 2],
  ['a configuration that is none', 'Invalid TOML document: illegal character in key', 2],
  ['code that does not build', 'Build failed with 1 error:\nsrc/index.ts:1:7: ERROR: …', 1],
])('does not ask to repeat what nothing was begun of: %s', async (_, message, exitCode) => {
  const failure = await whyFailed({ code: undefined, message }, { env: '' });
  expect(failure).toMatchObject({ exitCode, message: expect.not.stringContaining('run it again') });
});
