import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/ops/network-of.ts';

describe('the network of an address', () => {
  for (const [address, network] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::2', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:0:0:0:2', '2001:db8:0:0::/64'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3::/64'],
    ['::1', '0:0:0:0::/64'],
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['unknown', 'unknown'],
  ] as const) {
    it(`of ${address} is ${network}`, () => expect(networkOf(address)).toBe(network));
  }
});
