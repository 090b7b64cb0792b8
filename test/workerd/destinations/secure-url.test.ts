import { expect, it } from 'vitest';
import { urlFromSecret } from '../../../src/destinations/secure-url.ts';

it.each([
  'https://hooks.example/secret-path',
  ' https://hooks.example/secret-path\n',
  'http://localhost:8787/secret-path',
  'http://127.0.0.2:8787/secret-path',
  'http://[::1]:8787/secret-path',
])('takes %j', (value) => {
  expect(urlFromSecret({ FORWARD_URL: value }, 'FORWARD_URL').pathname).toBe('/secret-path');
});

it.each(['http://hooks.example/secret-path', 'http://127.0.0.1.example/secret-path', '/secret-path', 'javascript:1'])(
  'refuses %j without quoting it',
  (value) => {
    expect(() => urlFromSecret({ FORWARD_URL: value }, 'FORWARD_URL')).toThrow(
      /^the secret FORWARD_URL is not an https URL$/,
    );
  },
);
