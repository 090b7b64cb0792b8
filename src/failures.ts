// What a handler throws to say more than "retry me".
import { FIRST_RETRY_SECONDS, MAX_DELAY_SECONDS } from './limits.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** A retry cannot help: the event goes straight to the dead letters, where an operator sees it. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
}

/** Retry after this long, instead of the usual back-off. It still uses up one of the tries. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  /** Whole seconds, from the back-off's first delay (less would soon use up all tries) to a day. */
  readonly seconds: number;

  /** @throws RangeError where `seconds` is NaN; a number outside the range is clamped. */
  constructor(seconds: number, message = `asked to wait ${seconds} s`) {
    super(message);
    if (Number.isNaN(seconds)) throw new RangeError('RetryLater needs a number of seconds');
    this.seconds = Math.min(Math.max(Math.ceil(seconds), FIRST_RETRY_SECONDS), MAX_DELAY_SECONDS);
  }

  /** Retry when a response's `Retry-After` says, or else after the back-off's first delay. */
  static after(response: Response, message = `answered ${response.status}`): RetryLater {
    return new RetryLater(retryAfterSeconds(response.headers.get('Retry-After'), Date.now()) ?? 0, message);
  }
}

/** A handler that did not finish in its time. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}
