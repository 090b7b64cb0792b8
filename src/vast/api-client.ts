// One call to Vast.ai's REST API: the key in a header, never across a redirect; time-outs and odd
// answers become values, transient failures are retried.
import * as v from 'valibot';
import { fail, type Result, succeed } from '../result.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import { type ApiFailure, hasStatus, isTransient } from './api-failure.ts';
import { ask, type ServerAnswer } from './ask.ts';

export const DEFAULT_API_URL = 'https://console.vast.ai';

/** A key that a header can carry: fetch would quote any other in its error. */
export const KEY_SHAPE = /^[\x21-\x7e]+$/;

/** Of one try, in milliseconds. The test call waits for our own answer: up to 10 s. */
const TIMEOUT_MS = 30_000;
const MAX_TRIES = 4;
/** Before the first retry, in milliseconds, then doubled. */
const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 60_000;

/** What Vast.ai wants between two calls to one route, in milliseconds, with a margin. */
const INTERVAL_MS = 2_100;
const INTERVALS_MS: Readonly<Record<string, number>> = { '/api/v1/instances/': 1_100 };
/** A clock that was set back must not hold a call up for as long. */
const LONGEST_TURN_MS = 30_000;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type ApiAnswer = Result<Record<string, unknown>, ApiFailure>;
export type ApiCall = (method: Method, path: string, body?: unknown) => Promise<ApiAnswer>;

export interface ApiClientOptions {
  /** Where the key is sent: the caller has checked that it is https, or this machine. */
  readonly base: URL;
  readonly key: string;
  readonly fetch?: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly timeoutMs?: number;
  readonly maxTries?: number;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Keep the client: it keeps the interval between calls. */
export function createApiClient(options: ApiClientOptions): ApiCall {
  const { base, key, now = Date.now, sleep = wait, timeoutMs = TIMEOUT_MS, maxTries = MAX_TRIES } = options;

  /** When each route may be called next. No promises: one isolate's requests share a client. */
  const free = new Map<string, number>();

  async function takeTurn(path: string): Promise<void> {
    const route = path.replace(/\?.*/, '').replace(/\/\d+\//g, '/:id/');
    const at = Math.min(Math.max(now(), free.get(route) ?? 0), now() + LONGEST_TURN_MS);
    free.set(route, at + (INTERVALS_MS[route] ?? INTERVAL_MS));
    if (at > now()) await sleep(at - now());
  }

  return async (method, path, body) => {
    const headers = {
      Accept: 'application/json',
      Authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
    let pause = FIRST_PAUSE_MS;
    for (let attempt = 1; ; attempt += 1) {
      await takeTurn(path);
      const answer = await ask(options.fetch ?? fetch, new URL(path, base), init, timeoutMs);
      const result = answer.ok ? read(answer.value) : answer;
      if (result.ok || attempt === maxTries || !mayRepeat(method, result.failure)) return result;
      const retryAfter = answer.ok ? retryAfterSeconds(answer.value.header('retry-after'), now()) : undefined;
      const own = pause * (0.75 + Math.random() / 2);
      await sleep(retryAfter === undefined ? own : Math.min(retryAfter * 1000, LONGEST_PAUSE_MS));
      pause *= 2;
    }
  };
}

/** Checks the answer, or one field of it. */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  answer: ApiAnswer,
  field?: string,
): Result<v.InferOutput<Schema>, ApiFailure> {
  if (!answer.ok) return answer;
  const parsed = v.safeParse(schema, field === undefined ? answer.value : answer.value[field]);
  // Issue texts would quote the answer, which may hold a secret: the kind is enough.
  return parsed.success ? succeed(parsed.output) : fail({ kind: 'malformed', status: 200 });
}

/** A POST that may have had its effect is not made again: it could create another. */
function mayRepeat(method: Method, failure: ApiFailure): boolean {
  return method === 'POST' ? hasStatus(failure, 429) : isTransient(failure);
}

function read({ status, header, text, json }: ServerAnswer): ApiAnswer {
  const ok = status >= 200 && status < 300;
  if (status >= 300 && status < 400) {
    return fail({ kind: 'redirect', location: header('location') || 'nowhere' });
  }
  if (status === 429) return fail({ kind: 'status', status, detail: '' });
  if (json && ok) {
    return json.success === false ? fail({ kind: 'unsuccessful', detail: detailOf(json) }) : succeed(json);
  }
  if (json) return fail({ kind: 'status', status, detail: detailOf(json) });
  if (/^\s*</.test(text)) return fail({ kind: 'web_page', status });
  return ok ? fail({ kind: 'malformed', status }) : fail({ kind: 'status', status, detail: text });
}

/** `msg` is the sentence, `error` the code; either may be missing. */
function detailOf(json: Record<string, unknown>): string {
  if (typeof json.msg === 'string' && json.msg !== '') return json.msg;
  return typeof json.error === 'string' ? json.error : '';
}
