// One call to Vast.ai's REST API: the key in a header, never across a redirect; time-outs and odd
// answers become values, transient failures are retried.
import { fail, type Result, succeed } from '../result.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import { type ApiFailure, isTransient } from './api-failure.ts';
import { jsonObjectIn } from './json-object.ts';
import { oneLine } from './one-line.ts';

export const DEFAULT_API_URL = 'https://console.vast.ai';

/** Of one try, in milliseconds. The test call waits for our own answer: up to 10 s. */
const TIMEOUT_MS = 30_000;
const MAX_TRIES = 4;
/** Before the first retry, in milliseconds, then doubled. Vast.ai wants 2 s between two calls. */
const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 60_000;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Which failures are retried: every transient one, or only a 429, where nothing was done. */
  readonly repeat: 'whenever' | 'if_untouched';
}

type ApiAnswer = Result<Record<string, unknown>, ApiFailure>;
export type ApiCall = (request: ApiRequest) => Promise<ApiAnswer>;

export interface ApiClientOptions {
  /** Where the key is sent: the caller has checked that it is https, or this machine. */
  readonly base: URL;
  readonly key: string;
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly timeoutMs?: number;
}

export function createApiClient(options: ApiClientOptions): ApiCall {
  const { base, key, fetch, now, sleep, timeoutMs = TIMEOUT_MS } = options;

  return async (request) => {
    let pause = FIRST_PAUSE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const { result, retryAfter } = await callOnce(request);
      if (result.ok || attempt === MAX_TRIES || !mayRepeat(result.failure, request.repeat)) return result;
      const own = pause * (0.75 + Math.random() / 2);
      await sleep(retryAfter === undefined ? own : Math.min(retryAfter * 1000, LONGEST_PAUSE_MS));
      pause *= 2;
    }
  };

  async function callOnce(request: ApiRequest): Promise<{ result: ApiAnswer; retryAfter?: number | undefined }> {
    const signal = AbortSignal.timeout(timeoutMs);
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    try {
      const response = await fetch(new URL(request.path, base), {
        method: request.method,
        // Followed, a redirect would carry the key to whoever wrote the Location.
        redirect: 'manual',
        headers: {
          Accept: 'application/json',
          Authorization: `Bearer ${key}`,
          ...(body !== null && { 'Content-Type': 'application/json' }),
        },
        body,
        signal,
      });
      const retryAfter = retryAfterSeconds(response.headers.get('retry-after'), now());
      return { result: read(response, await response.text()), retryAfter };
    } catch (error) {
      if (signal.aborted) return { result: fail({ kind: 'timeout', seconds: timeoutMs / 1000 }) };
      return { result: fail({ kind: 'network', detail: networkDetail(error) }) };
    }
  }
}

function mayRepeat(failure: ApiFailure, repeat: ApiRequest['repeat']): boolean {
  if (repeat === 'whenever') return isTransient(failure);
  return failure.kind === 'status' && failure.status === 429;
}

function read(response: Response, text: string): ApiAnswer {
  const { status } = response;
  if (status >= 300 && status < 400) {
    return fail({ kind: 'redirect', location: oneLine(response.headers.get('location') ?? 'nowhere') });
  }
  if (status === 429) return fail({ kind: 'status', status, detail: '' });
  const json = jsonObjectIn(text);
  if (json && response.ok) {
    return json.success === false ? fail({ kind: 'unsuccessful', detail: detailOf(json) }) : succeed(json);
  }
  if (json) return fail({ kind: 'status', status, detail: detailOf(json) });
  if (/^\s*</.test(text)) return fail({ kind: 'web_page', status });
  return response.ok ? fail({ kind: 'malformed', status }) : fail({ kind: 'status', status, detail: text });
}

/** `msg` is the sentence, `error` the code; either may be missing. */
function detailOf(json: Record<string, unknown>): string {
  if (typeof json.msg === 'string' && json.msg !== '') return json.msg;
  return typeof json.error === 'string' ? json.error : '';
}

/** The system's code, such as ECONNREFUSED: fetch itself only says that it failed. */
export function networkDetail(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return code;
  return oneLine(cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error));
}
