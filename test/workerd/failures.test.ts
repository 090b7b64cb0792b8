import { describe, expect, it, vi } from 'vitest';
import { RetryLater } from '../../src/failures.ts';
import { FIRST_RETRY_SECONDS, MAX_DELAY_SECONDS } from '../../src/limits.ts';

describe('RetryLater', () => {
  it.each([
    ['rounds up to whole seconds', 60.2, 61],
    ['never retries sooner than the back-off does at first', 1, FIRST_RETRY_SECONDS],
    ['does not retry at once for 0', 0, FIRST_RETRY_SECONDS],
    ['does not retry at once for a date that is past', -5, FIRST_RETRY_SECONDS],
    ['waits no longer than the queue can', MAX_DELAY_SECONDS + 1, MAX_DELAY_SECONDS],
    ['waits as long as the queue can for ever', Number.POSITIVE_INFINITY, MAX_DELAY_SECONDS],
  ])('%s', (_, asked, seconds) => {
    expect(new RetryLater(asked).seconds).toBe(seconds);
  });

  it('refuses what is not a number', () => {
    expect(() => new RetryLater(Number.NaN)).toThrow(RangeError);
  });
});

describe('RetryLater.after', () => {
  const answer = (retryAfter?: string) =>
    new Response(null, { status: 503, headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter } });

  it('waits for the seconds that the response asks for', () => {
    expect(RetryLater.after(answer('120'))).toMatchObject({ seconds: 120, message: 'answered 503' });
  });

  it('waits until the date that the response names', () => {
    vi.useFakeTimers({ now: Date.parse('2026-03-02T12:00:00Z') });
    try {
      expect(RetryLater.after(answer('Mon, 02 Mar 2026 12:01:30 GMT')).seconds).toBe(90);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([undefined, '', 'soon', '-5', 'NaN', '0', 'Mon, 02 Mar 2020 12:00:00 GMT'])(
    'waits as long as the back-off does at first where Retry-After is %s',
    (header) => {
      expect(RetryLater.after(answer(header)).seconds).toBe(FIRST_RETRY_SECONDS);
    },
  );

  it('says what it is told to say', () => {
    expect(RetryLater.after(answer(), 'the bidder is busy').message).toBe('the bidder is busy');
  });
});
