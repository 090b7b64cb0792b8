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
