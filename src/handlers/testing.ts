// For tests of your handlers (`handlers.test.ts` shows how): sample events, and a run as the
// consumer makes it. Nothing that is deployed imports it.
import { type Handlers, handlerFor } from '../consumer/define-handlers.ts';
import { runHandler as run } from '../consumer/run-handler.ts';
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import type { InstanceLook } from '../event/instance.ts';
import { parseEvent } from '../event/parse.ts';
import { sampleOf } from '../event/samples.ts';
import { MAX_RETRIES } from '../limits.ts';
import type { Log, LogFields } from '../log.ts';

export interface RunOptions {
  /** Secrets and bindings that the handler reads; none where left out. */
  readonly env?: Partial<Env>;
  /** From 1 to 11, the last: a failure is final then. */
  readonly attempt?: number;
  /** The `once` steps of earlier tries that succeeded. */
  readonly doneBefore?: readonly string[];
  /** What `context.instance()` tells; that there is no key where left out. */
  readonly instance?: InstanceLook;
  /** How long the handler has, in milliseconds; 30 seconds where left out. */
  readonly timeoutMs?: number;
}

export interface Run {
  readonly ended: 'processed' | 'retry' | 'dead';
  /** Of a retry: what `RetryLater` asked for, in seconds. Without it, the usual back-off. */
  readonly delaySeconds?: number;
  /** Of a retry or a death: what the ledger would keep of the error. */
  readonly error?: string;
  /** The `once` steps that succeeded in this run, in order. */
  readonly steps: readonly string[];
  /** What the handler wrote by `context.log`, in order. */
  readonly logs: readonly ({ readonly event: string; readonly level: string } & LogFields)[];
}

/** An event as a delivery of this type brings it. `data` adds fields to it or replaces them. */
export function sampleEvent(
  type: string,
  options: { readonly id?: string; readonly endpoint?: string; readonly data?: Record<string, unknown> } = {},
): AnyEvent {
  const { id = 'sample', endpoint = 'default', data } = options;
  const now = Date.now();
  const { dialect, body } = sampleOf(type, { id, now, data });
  const timestamp = Math.floor(now / 1000);
  const parsed = parseEvent({ dialect, body: new TextEncoder().encode(body), timestamp }, endpoint);
  if (!parsed.ok) throw new Error(`no such event can arrive: ${parsed.failure.issues.join(', ')}`);
  return parsed.value;
}

/** Runs the handler of an event, or of a sample of that type, and says how it would go on. */
export async function runHandler(handlers: Handlers, what: string | AnyEvent, options: RunOptions = {}): Promise<Run> {
  const event = typeof what === 'string' ? sampleEvent(what) : what;
  const { attempt = 1, doneBefore = [], timeoutMs, instance } = options;
  const logs: Run['logs'][number][] = [];
  const about = { id: event.id, type: event.type, endpoint: event.endpoint, attempt };
  const log: Log = (name, fields, level = 'info') => void logs.push({ ...about, ...fields, event: name, level });
  const recorded: Handlers = {
    fallback: (sent, context) => handlerFor(handlers, sent.type)(sent, { ...context, log }),
  };
  const env = { ...options.env } as Env;
  const limit = timeoutMs === undefined ? {} : { handlerTimeoutMs: timeoutMs };
  const look = instance && (async () => instance);
  const outcome = await run(event, { attempt, steps: doneBefore }, {}, { env, handlers: recorded, ...limit }, look);
  const { steps } = outcome;
  if (outcome.kind === 'succeeded') return { ended: 'processed', steps, logs };
  const error = outcome.error.kept;
  if (outcome.kind === 'failed_for_good' || attempt > MAX_RETRIES) return { ended: 'dead', error, steps, logs };
  const { delaySeconds } = outcome;
  return { ended: 'retry', ...(delaySeconds !== undefined && { delaySeconds }), error, steps, logs };
}
