// One POST to a destination, and what its answer means for the event. Errors name the destination
// and the status only: its URL is a secret, and the platforms' own error texts quote what was sent.
import { PermanentFailure, RetryLater } from '../failures.ts';
import { FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS } from '../limits.ts';
import { retryAfterInBody } from '../retry-after.ts';
import type { DestinationContext } from './context.ts';
import { inTurn } from './post-slots.ts';

export interface Post {
  /** The destination's name, for errors. */
  readonly to: string;
  readonly url: URL;
  /** JSON text. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'vastai-webhook-worker' };

/**
 * Sends a POST and resolves when it was answered with 2xx.
 *
 * @throws RetryLater where the answer says when to come back (`Retry-After`, or `retry_after` in
 * the body of a 429: Telegram documents no other); PermanentFailure on 3xx (never followed: it
 * could lead anywhere) and on 4xx other than 408, 425 and 429; otherwise Error, to be retried with
 * the usual back-off.
 */
export async function post(context: DestinationContext, { to, url, body, headers }: Post): Promise<void> {
  await inTurn(context, to, async (signal) => {
    let response: Response;
    try {
      const request = { method: 'POST', headers: { ...HEADERS, ...headers }, body };
      response = await fetch(url, { ...request, redirect: 'manual', signal });
    } catch {
      // The platform's error names the URL: neither its text nor the error as a cause is passed on.
      throw new Error(signal.aborted ? `${to} did not answer in time` : `${to} could not be reached`);
    }
    if (!response.ok) throw await failureFrom(response, to, context.attempt);
    await response.body?.cancel();
  });
}

async function failureFrom(response: Response, to: string, attempt: number): Promise<Error> {
  const { status, headers } = response;
  const answered = `${to} answered ${status}`;
  const inBody = status === 429 ? await retryAfterInBody(response) : undefined;
  if (!response.bodyUsed) await response.body?.cancel();
  if (status < 500 && ![408, 425, 429].includes(status)) return new PermanentFailure(answered);
  // Nothing asked for: the usual back-off, which grows.
  if (inBody === undefined && !headers.has('Retry-After')) return new Error(answered);
  return new RetryLater(Math.max(RetryLater.after(response).seconds, inBody ?? 0) + spread(attempt), answered);
}

/**
 * Seconds added to a wait that was asked for. A rate limit hits many events at once; coming back
 * together, they would be refused together, so each try scatters them wider.
 */
function spread(attempt: number): number {
  return Math.random() * Math.min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS);
}
