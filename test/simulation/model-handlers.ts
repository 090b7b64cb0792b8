// Handlers as users write them: quick or slow, they succeed, fail, hang, give up, succeed in part,
// or take their consumer down.
import { defineHandlers, type Handlers } from '../../src/consumer/define-handlers.ts';
import { PermanentFailure, RetryLater } from '../../src/failures.ts';
import { type Key, keyOf } from './adapter.ts';
import type { Actor, Platform } from './platform.ts';

/** Told what handlers do, as it happens. */
export interface HandlerWatch {
  /** @param body What tells one body of an event from another. */
  started(key: Key, body: unknown): void;
  succeeded(key: Key): void;
  stepSucceeded(key: Key, step: string): void;
  /** However it ended. */
  ended(key: Key): void;
  /** The handler takes its consumer down. */
  kills(): void;
}

/** What this run's handlers are like. */
export interface Temper {
  /** Every handler succeeds at once, except those that kill. */
  calm: boolean;
  /** Events whose handler takes its consumer down, each time. */
  readonly killers: Set<Key>;
  /** How long a handler may take, in milliseconds. */
  readonly durations: readonly number[];
}

type Behaviour = 'succeed' | 'fail' | 'hang' | 'give_up' | 'wait' | 'succeed_in_part';

const BEHAVIOURS: readonly Behaviour[] = ['succeed', 'succeed', 'fail', 'succeed_in_part', 'hang', 'wait', 'give_up'];

/** The handlers as one consumer invocation runs them. */
export function modelHandlers(platform: Platform, actor: Actor, watch: HandlerWatch, temper: Temper): Handlers {
  /** Something outside that takes time and can be interrupted: a call to a chat, say. */
  const sideEffect = (label: string, signal: AbortSignal, effect: () => void) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    return Promise.race([platform.call(actor, 'world', label, effect), promise]);
  };
  const behave = async (key: Key, context: Parameters<Handlers['fallback']>[1]) => {
    if (temper.killers.has(key)) {
      platform.note(`${actor.name} handles ${key}, which takes it down`);
      watch.kills();
      return new Promise<void>(() => {});
    }
    const behaviour = temper.calm ? 'succeed' : platform.choices.pick(BEHAVIOURS);
    const ms = temper.calm ? 0 : platform.choices.pick(temper.durations);
    platform.note(`${actor.name} handles ${key} and will ${behaviour} within ${ms} ms`);
    const step = (name: string) =>
      context.once(name, async () => {
        await sideEffect(`${key} step ${name}`, context.signal, () => {});
        watch.stepSucceeded(key, name);
      });
    if (ms > 0) await new Promise<void>((resolve) => platform.time.at(platform.time.now + ms, resolve));
    switch (behaviour) {
      case 'succeed':
        await step('one');
        await step('two');
        return watch.succeeded(key);
      case 'succeed_in_part':
        await step('one');
        throw new Error('step two failed');
      case 'fail':
        throw new Error('failed');
      case 'give_up':
        throw new PermanentFailure('hopeless');
      case 'wait':
        throw new RetryLater(platform.choices.below(1_000));
      case 'hang':
        await step('one');
        await sideEffect(`${key} hangs`, context.signal, () => {
          throw new Error('the other side hung up');
        });
    }
  };
  return defineHandlers({
    fallback: async (event, context) => {
      const key = keyOf(event);
      watch.started(key, event.data.body);
      try {
        await behave(key, context);
      } finally {
        watch.ended(key);
      }
    },
  });
}
