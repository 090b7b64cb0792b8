// Runs one handler for one event, with a time limit, and says how it ended. Never throws.
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { HandlerTimeout, PermanentFailure, RetryLater } from '../failures.ts';
import { HANDLER_TIMEOUT_MS } from '../limits.ts';
import type { Log } from '../log.ts';
import { type HandlerContext, type Handlers, handlerFor } from './define-handlers.ts';
import { describeError } from './error-text.ts';

/** How a handler's run ended. `delaySeconds` is the handler's own wish. */
export type RunOutcome =
  | { readonly kind: 'succeeded'; readonly ms: number }
  | { readonly kind: 'failed'; readonly ms: number; readonly error: string; readonly delaySeconds?: number }
  | { readonly kind: 'failed_for_good'; readonly ms: number; readonly error: string };

export interface RunInput {
  readonly event: AnyEvent;
  readonly attempt: number;
  readonly env: Env;
  readonly log: Log;
  readonly timeoutMs?: number;
}

export async function runHandler(handlers: Handlers, input: RunInput): Promise<RunOutcome> {
  const { event, attempt, env, timeoutMs = HANDLER_TIMEOUT_MS } = input;
  const startedAt = Date.now();
  const deadline = new AbortController();
  const context: HandlerContext = {
    env,
    attempt,
    idempotencyKey: event.id,
    signal: deadline.signal,
    log: input.log,
    once: rememberingSteps(),
  };
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const timeout = new HandlerTimeout(`handler did not finish within ${timeoutMs} ms`);
    deadline.abort(timeout);
    reject(timeout);
  }, timeoutMs);
  try {
    // Wrapped, so that a handler that throws before its first await fails like any other.
    const run = Promise.resolve().then(() => handlerFor(handlers, event.type)(event, context));
    await Promise.race([run, expiry]);
    return { kind: 'succeeded', ms: Date.now() - startedAt };
  } catch (error) {
    const failure = { ms: Date.now() - startedAt, error: describeError(error, event, env) };
    if (error instanceof PermanentFailure) return { kind: 'failed_for_good', ...failure };
    if (error instanceof RetryLater) return { kind: 'failed', ...failure, delaySeconds: error.seconds };
    return { kind: 'failed', ...failure };
  } finally {
    clearTimeout(timer);
  }
}

/** Steps that have succeeded within this run. */
function rememberingSteps(): HandlerContext['once'] {
  const done = new Set<string>();
  return async (step, run) => {
    if (done.has(step)) return;
    await run();
    done.add(step);
  };
}
