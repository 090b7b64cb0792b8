// Runs one handler for one event, with a time limit, and says how it ended. Never throws.
import { eventKey } from '../endpoint.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { HandlerTimeout, PermanentFailure, RetryLater } from '../failures.ts';
import type { Grant } from '../ledger/protocol.ts';
import { HANDLER_TIMEOUT_MS } from '../limits.ts';
import { log } from '../log.ts';
import { type HandlerContext, handlerFor } from './define-handlers.ts';
import type { ConsumerDeps } from './deps.ts';
import { describeError, type ErrorTexts, traceOf } from './error-text.ts';
import { type Look, lookOnce } from './look.ts';
import { tellOnceOf } from './tell-once.ts';

/** How a handler's run ended. */
export type RunOutcome = {
  readonly ms: number;
  /** The `once` steps that succeeded in this run. */
  readonly steps: readonly string[];
} & (
  | { readonly kind: 'succeeded' }
  /** `delaySeconds`: as the handler asked. */
  | { readonly kind: 'failed'; readonly error: ErrorTexts; readonly delaySeconds?: number }
  | { readonly kind: 'failed_for_good'; readonly error: ErrorTexts }
);

/** Watches over one run until it has ended; `expire` is called if its time is over before. */
type TimeLimit = (expire: (timeout: HandlerTimeout) => void) => { readonly end: () => void };

/** One limit for runs that start together: a timer for each took a seventh of a batch's CPU. */
export function timeLimit(ms = HANDLER_TIMEOUT_MS): TimeLimit {
  const running = new Set<(timeout: HandlerTimeout) => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expireAll = () => {
    for (const expire of running) expire(new HandlerTimeout(`handler did not finish within ${ms} ms`));
  };
  return (expire) => {
    running.add(expire);
    timer ??= setTimeout(expireAll, ms);
    const end = () => {
      running.delete(expire);
      if (running.size > 0 || timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
    };
    return { end };
  };
}

/** `invocation`, `look` and `limit` are shared by all runs that start together. */
export async function runHandler(
  event: AnyEvent,
  { attempt, steps: stepsBefore }: Pick<Grant, 'attempt' | 'steps'>,
  invocation: object,
  { env, handlers, handlerTimeoutMs }: Omit<ConsumerDeps, 'random'>,
  look: Look = lookOnce([event], undefined),
  limit = timeLimit(handlerTimeoutMs),
): Promise<RunOutcome> {
  const startedAt = Date.now();
  const deadline = new AbortController();
  const steps = stepMemory(stepsBefore);
  // So that every line of a handler, or of a destination inside it, is found by its event.
  const about = { id: event.id, type: event.type, endpoint: event.endpoint, attempt };
  const own: HandlerContext = {
    env,
    attempt,
    idempotencyKey: eventKey(event.endpoint, event.id),
    invocation,
    signal: deadline.signal,
    log: (name, fields, level) => log(name, { ...about, ...fields }, level),
    once: steps.once,
    instance: () => look(event),
  };
  // Under the kit for users' tests there is no ledger.
  const context = { ...own, ...(env.LEDGER && { tellOnce: tellOnceOf(event, own) }) };
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const { end } = limit((timeout) => {
    deadline.abort(timeout);
    reject(timeout);
  });
  try {
    // Wrapped, so that a handler that throws before its first await fails like any other.
    const run = Promise.resolve().then(() => handlerFor(handlers, event.type)(event, context));
    await Promise.race([run, expiry]);
    return { kind: 'succeeded', ms: Date.now() - startedAt, steps: steps.succeeded() };
  } catch (error) {
    if (env.LOCAL_DEV) console.log(`${event.type} ${event.id} failed at:\n${traceOf(error, env)}`);
    const ended = { ms: Date.now() - startedAt, steps: steps.succeeded(), error: describeError(error, event, env) };
    if (error instanceof PermanentFailure) return { kind: 'failed_for_good', ...ended };
    if (error instanceof RetryLater) return { kind: 'failed', ...ended, delaySeconds: error.seconds };
    return { kind: 'failed', ...ended };
  } finally {
    end();
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
