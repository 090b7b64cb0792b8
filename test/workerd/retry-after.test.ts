import { expect, it } from 'vitest';
import { retryAfterSeconds } from '../../src/retry-after.ts';

const now = Date.parse('2026-03-02T12:00:00Z');

it.each([
  ['0', 0],
  ['120', 120],
  ['0.75', 0.75],
  ['Mon, 02 Mar 2026 12:01:30 GMT', 90],
  // An older spelling of a date that a receiver must still read.
  ['Monday, 02-Mar-26 12:01:30 GMT', 90],
])('reads %s as %d seconds', (header, seconds) => {
  expect(retryAfterSeconds(header, now)).toBe(seconds);
});

it('does not wait for a date that is past', () => {
  expect(retryAfterSeconds('Mon, 02 Mar 2026 11:00:00 GMT', now)).toBe(0);
});

it.each([null, '', 'soon', '-5', '1e9', '0x10', '5 minutes', '2026-03-02T12:01:30Z', 'NaN', 'Mon, nonsense GMT'])(
  'ignores %s',
  (header) => {
    expect(retryAfterSeconds(header, now)).toBeUndefined();
  },
);
