import { expect, it } from 'vitest';
import { deployedAddress } from '../../../src/cli/deployed-address.ts';

const line = (entry: object) => `${JSON.stringify(entry)}\n`;

it('finds the public address of a deployment', () => {
  const record =
    line({ type: 'wrangler-session', version: 1 }) +
    line({ type: 'deploy', version: 1, targets: ['Consumer for vastai-events', 'https://hooks.me.workers.dev'] });
  expect(deployedAddress(record)).toBe('https://hooks.me.workers.dev');
});

it('knows none where nothing was recorded or no address is public', () => {
  expect(deployedAddress('')).toBeUndefined();
  expect(deployedAddress(line({ type: 'deploy', version: 1, targets: ['schedule: 0 * * * *'] }))).toBeUndefined();
});
