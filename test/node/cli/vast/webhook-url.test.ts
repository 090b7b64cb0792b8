// From what is typed to the URL that is registered and the secrets that belong to it.
import { describe, expect, it } from 'vitest';
import { slotsOf, webhookTarget } from '../../../../src/cli/vast/webhook-url.ts';

describe('the webhook URL', () => {
  it.each([
    ['https://w.example', undefined, 'https://w.example/webhooks/vastai', 'default'],
    ['https://w.example/', 'host', 'https://w.example/webhooks/vastai/host', 'host'],
    ['https://w.example/webhooks/vastai/', undefined, 'https://w.example/webhooks/vastai', 'default'],
    ['https://w.example/webhooks/vastai/host', undefined, 'https://w.example/webhooks/vastai/host', 'host'],
    ['http://localhost:8787', undefined, 'http://localhost:8787/webhooks/vastai', 'default'],
  ])('of %s with endpoint %s is %s', (text, endpoint, url, name) => {
    expect(webhookTarget(text, endpoint)).toMatchObject({ url, endpoint: name });
  });

  it.each([
    ['plain http', 'http://w.example', undefined],
    ['no URL', 'w.example', undefined],
    ['credentials', 'https://me:pw@w.example', undefined],
    ['a query', 'https://w.example/?x=1', undefined],
    ['another path', 'https://w.example/other', undefined],
    ['a contradiction', 'https://w.example/webhooks/vastai/host', 'client'],
    ['a reserved name', 'https://w.example', 'host-2'],
    ['a malformed name', 'https://w.example', 'Host'],
    ['too long a URL', `https://${'a.'.repeat(1020)}example`, undefined],
  ])('is refused for %s', (_why, text, endpoint) => {
    expect(() => webhookTarget(text, endpoint)).toThrow();
  });
});

describe('the secret slots', () => {
  it.each(['default', 'host', 'my-gpu-farm'])('of endpoint %s are those that the Worker reads', async (endpoint) => {
    // Not a static import: the edge's types are those of the Workers runtime.
    const edge = '../../../src/edge/secrets.ts';
    const { secretNamesOf } = (await import(edge)) as {
      secretNamesOf: (endpoint: string, named: boolean) => readonly string[];
    };
    expect(slotsOf(endpoint)).toEqual(secretNamesOf(endpoint, endpoint !== 'default'));
  });
});
