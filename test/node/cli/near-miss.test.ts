import { describe, expect, it } from 'vitest';
import { nearMiss } from '../../../src/cli/near-miss.ts';
import { eventTypes } from '../../../src/event/catalogue.ts';

describe('a typing error', () => {
  it.each([
    ['outbd', 'outbid'],
    ['outbidd', 'outbid'],
    ['outbit', 'outbid'],
    ['otubid', 'outbid'],
    ['OUTBID', 'outbid'],
    [' outbid', 'outbid'],
    ['low-credit', 'low_credit'],
    ['instance_start', 'instance_started'],
    ['instnace_strated', 'instance_started'],
    ['resource.create', 'resource.created'],
  ])('%j means %s', (typed, meant) => {
    expect(nearMiss(typed, eventTypes)).toBe(meant);
  });

  it.each(['gpu_on_fire', 'test', 'instance_teleported', 'x', '', '__proto__', 'a'.repeat(200)])(
    'is not what %j is',
    (typed) => {
      expect(nearMiss(typed, eventTypes)).toBeUndefined();
    },
  );

  it.each(eventTypes)('is not what %s is, which is known', (type) => {
    expect(nearMiss(type, eventTypes)).toBeUndefined();
  });
});
