// Posts one delivery as the provider would: ten seconds at most, redirects not followed.
import { fail, type Result, succeed } from '../result.ts';
import { ask, type NoAnswer } from '../vast/ask.ts';
import { oneLine } from '../vast/harmless.ts';
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
  const answer = await ask(fetch, url, { method: 'POST', headers, body }, ANSWER_TIMEOUT_MS);
  if (!answer.ok) return fail(sendFailureOf(answer.failure));
  const { status, text, json = {} } = answer.value;
  return succeed({
    status,
    fields: json,
    summary: `${status} ${oneLine(text, LONGEST_SHOWN_BODY)}`.trimEnd(),
    ms: Math.round(performance.now() - startedAt),
  });
}

function sendFailureOf(failure: NoAnswer): SendFailure {
  if (failure.kind === 'timeout') return 'no_answer_in_time';
  return /^(ECONNREFUSED|ENOTFOUND)$/.test(failure.detail) ? 'nothing_listens' : 'connection_failed';
}
