// Runs one handler for one event, with a time limit, and says how it ended. Never throws.
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { HandlerTimeout, PermanentFailure, RetryLater } from '../failures.ts';
import { HANDLER_TIMEOUT_MS } from '../limits.ts';
import type { Log } from '../log.ts';
import { type HandlerContext, type Handlers, handlerFor } from './define-handlers.ts';
import { describeError } from './error-text.ts';

/** How a handler's run ended. */
export type RunOutcome = {
  readonly ms: number;
  /** The `once` steps that succeeded in this run. */
  readonly steps: readonly string[];
} & (
  | { readonly kind: 'succeeded' }
  /** `delaySeconds` is the handler's own wish. */
  | { readonly kind: 'failed'; readonly error: string; readonly delaySeconds?: number }
  | { readonly kind: 'failed_for_good'; readonly error: string }
);

export interface RunInput {
  readonly event: AnyEvent;
  readonly attempt: number;
  /** The `once` steps that have succeeded in earlier runs. */
  readonly steps: readonly string[];
  readonly env: Env;
  readonly log: Log;
  readonly timeoutMs?: number;
}

export async function runHandler(handlers: Handlers, input: RunInput): Promise<RunOutcome> {
  const { event, attempt, env, timeoutMs = HANDLER_TIMEOUT_MS } = input;
  const startedAt = Date.now();
  const deadline = new AbortController();
  const steps = stepMemory(input.steps);
  // So that whatever a handler, or a destination inside it, has to say can be found by its event.
  const about = { id: event.id, type: event.type, endpoint: event.endpoint, attempt };
  const context: HandlerContext = {
    env,
    attempt,
    idempotencyKey: event.id,
    signal: deadline.signal,
    log: (name, fields, level) => input.log(name, { ...about, ...fields }, level),
    once: steps.once,
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
    return { kind: 'succeeded', ms: Date.now() - startedAt, steps: steps.succeeded() };
  } catch (error) {
    const ended = {
      ms: Date.now() - startedAt,
      steps: steps.succeeded(),
      error: describeError(error, event, env),
    };
    if (error instanceof PermanentFailure) return { kind: 'failed_for_good', ...ended };
    if (error instanceof RetryLater) return { kind: 'failed', ...ended, delaySeconds: error.seconds };
    return { kind: 'failed', ...ended };
  } finally {
    clearTimeout(timer);
  }
}

/** `once`, and what it has run: a step counts from the moment it has succeeded. */
function stepMemory(before: readonly string[]) {
  const done = new Set(before);
  const now: string[] = [];
  const once: HandlerContext['once'] = async (step, run) => {
    if (done.has(step)) return;
    await run();
    done.add(step);
    now.push(step);
  };
  return { once, succeeded: () => [...now] };
}
