// What a handler throws to say more than "try again later".
import { MAX_DELAY_SECONDS } from './limits.ts';

/** Trying again cannot help: the event goes straight to the dead letters, where an operator sees it. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
}

/** Try again after this long, instead of the usual back-off. It still uses up one of the event's tries. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  /** Whole seconds, 0 to 86,400 (the queue's longest delay). */
  readonly seconds: number;

  /** @throws RangeError where `seconds` is not a number; what lies outside the range is clamped. */
  constructor(seconds: number, message = `asked to wait ${seconds} s`) {
    super(message);
    if (Number.isNaN(seconds)) throw new RangeError('RetryLater needs a number of seconds');
    this.seconds = Math.min(Math.max(Math.ceil(seconds), 0), MAX_DELAY_SECONDS);
  }
}

/** A handler that did not finish in its time. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}
