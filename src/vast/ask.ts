// One request to a server, Vast.ai's or a Worker's. All that is read of an answer is read here and
// made harmless first: what a server says can be printed wherever it ends up.
import { platformError } from '../log.ts';
import { fail, type Result, succeed } from '../result.ts';
import { harmless, harmlessJson, oneLine } from './harmless.ts';
import { jsonObjectIn } from './json-object.ts';

export interface ServerAnswer {
  readonly status: number;
  /** Empty where there is none. */
  readonly header: (name: string) => string;
  readonly text: string;
  /** The body, where it is a JSON object; and as it came, not to be printed as it is. */
  readonly json: Record<string, unknown> | undefined;
  readonly exact: Record<string, unknown> | undefined;
}

export type NoAnswer =
  | { readonly kind: 'timeout'; readonly seconds: number }
  /** `detail`: the system's code, such as ECONNREFUSED, or what else is known. */
  | { readonly kind: 'network'; readonly detail: string };

/** Never follows a redirect: it would carry credentials to whoever wrote the Location. */
export async function ask(
  fetch: typeof globalThis.fetch,
  url: string | URL,
  init: RequestInit,
  timeoutMs: number,
): Promise<Result<ServerAnswer, NoAnswer>> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const text = await response.text();
    const exact = jsonObjectIn(text);
    return succeed({
      status: response.status,
      header: (name) => harmless(response.headers.get(name) ?? ''),
      text: harmless(text),
      json: exact && (harmlessJson(exact) as Record<string, unknown>),
      exact,
    });
  } catch (error) {
    if (signal.aborted) return fail({ kind: 'timeout', seconds: timeoutMs / 1000 });
    return fail({ kind: 'network', detail: networkDetail(error) });
  }
}

/** In words that may stand in brackets. */
export function whyNoAnswer(failure: NoAnswer): string {
  return failure.kind === 'timeout' ? `no answer within ${failure.seconds} s` : failure.detail;
}

/** The system's code where there is one: fetch itself only says that it failed. */
function networkDetail(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return oneLine(typeof code === 'string' ? code : platformError(cause));
}
