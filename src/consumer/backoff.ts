// When a failed event is tried again. Pure: chance comes in.
import { FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS } from '../limits.ts';

/**
 * Seconds until the next try: 10 s doubling to 1 h, of which between half and all is waited, so that events that failed
 * together do not come back together.
 *
 * @param attempt How often the event has been tried, counting from 1.
 * @param random From 0 up to, not including, 1.
 */
export function backoffSeconds(attempt: number, random: number): number {
  const longest = Math.min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS);
  return Math.round(longest * (0.5 + random / 2));
}
