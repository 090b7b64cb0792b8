// Posts one delivery as the provider would: ten seconds at most, redirects not followed.
import { fail, type Result, succeed } from '../result.ts';
import { jsonObjectIn } from '../vast/json-object.ts';
import type { Delivery } from './delivery.ts';

/** The provider's own limit, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;
const LONGEST_SHOWN_BODY = 300;

export interface Answer {
  readonly status: number;
  /** The body's fields; none where it is not a JSON object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Status and body as one line, cut to a readable length. */
  readonly summary: string;
  readonly ms: number;
}

type Posted = Pick<Delivery, 'headers' | 'body'>;
export type SendFailure = 'nothing_listens' | 'no_answer_in_time' | 'connection_failed';

export async function send(url: string | URL, { headers, body }: Posted): Promise<Result<Answer, SendFailure>> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const text = await response.text();
    return succeed({
      status: response.status,
      fields: jsonObjectIn(text) ?? {},
      summary: `${response.status} ${text.replaceAll(/\s+/g, ' ').slice(0, LONGEST_SHOWN_BODY)}`.trimEnd(),
      ms: Math.round(performance.now() - startedAt),
    });
  } catch (error) {
    return fail(sendFailureOf(error));
  }
}

/** `fetch` hides the reason in a chain of causes. */
function sendFailureOf(error: unknown): SendFailure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return 'no_answer_in_time';
    if ('code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND')) return 'nothing_listens';
  }
  return 'connection_failed';
}
