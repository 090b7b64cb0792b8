// The types of the user's handlers: a mistyped event name or payload field does not compile.
import type { Env } from '../env.ts';
import type { AnyEvent, EventType, VastaiEvent } from '../event/envelope.ts';
import type { InstanceLook } from '../event/instance.ts';
import type { TellOnce } from '../event/telling.ts';
import type { Log } from '../log.ts';

/** What a handler gets beside its event. */
export interface HandlerContext {
  /** Bindings and secrets of the Worker. */
  readonly env: Env;
  /** How often this event has been tried, counting from 1. */
  readonly attempt: number;
  /** The same for every try of one event, and no other's: for services that deduplicate by key. */
  readonly idempotencyKey: string;
  /** Shared by all events of one batch: the destinations share its outgoing connections by it. */
  readonly invocation: object;
  /** Fires when the handler's 30 s are over. Pass it to `fetch`. */
  readonly signal: AbortSignal;
  /** Logs with the event's id, type, endpoint and attempt. Give it no payload: many read logs. */
  readonly log: Log;
  /**
   * Runs a step, named within the event, unless it has succeeded before: a retry repeats only what
   * failed. Rejects as `run` does.
   */
  once(step: string, run: () => Promise<unknown>): Promise<void>;
  /** What Vast.ai says of the event's instance, read once. Never rejects. Needs `VAST_READ_KEY`. */
  instance(): Promise<InstanceLook>;
  /** For the destinations: what was told before, so that a repeat is told once. */
  readonly tellOnce?: TellOnce;
}

export type Handler<Event> = (event: Event, context: HandlerContext) => Promise<void> | void;

/** One handler per event type that you care about, and one for all others, known or not yet. */
export type Handlers = { readonly [Type in EventType]?: Handler<VastaiEvent<Type>> } & {
  readonly fallback: Handler<AnyEvent>;
};

/** Checks your handlers at compile time; at run time it only hands them back. */
export function defineHandlers(handlers: Handlers): Handlers {
  return handlers;
}

/** The handler of a type. Types come from outside: `constructor` is an ordinary unknown type. */
export function handlerFor(handlers: Handlers, type: string): Handler<AnyEvent> {
  const handler = Object.hasOwn(handlers, type) ? handlers[type as EventType] : undefined;
  return (handler as Handler<AnyEvent> | undefined) ?? handlers.fallback;
}
