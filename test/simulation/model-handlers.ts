// Handlers as users write them: they succeed, fail, hang, give up, or succeed in part.
import { defineHandlers, type Handlers } from '../../src/consumer/define-handlers.ts';
import { PermanentFailure, RetryLater } from '../../src/failures.ts';
import type { Actor, Platform } from './platform.ts';

/** Told what handlers do, as it happens. */
export interface HandlerWatch {
  started(actor: Actor, id: string): void;
  succeeded(actor: Actor, id: string): void;
  stepSucceeded(actor: Actor, id: string, step: string): void;
}

type Behaviour = 'succeed' | 'fail' | 'hang' | 'give_up' | 'wait' | 'succeed_in_part';

const BEHAVIOURS: readonly Behaviour[] = ['succeed', 'succeed', 'fail', 'succeed_in_part', 'hang', 'wait', 'give_up'];

/** The handlers as one consumer invocation runs them. Once `calm`, every handler succeeds. */
export function modelHandlers(platform: Platform, actor: Actor, watch: HandlerWatch, calm: () => boolean): Handlers {
  /** Something outside that takes time and can be interrupted: a call to a chat, say. */
  const sideEffect = (label: string, signal: AbortSignal, effect: () => void) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    return Promise.race([platform.call(actor, 'world', label, effect), promise]);
  };
  return defineHandlers({
    fallback: async (event, context) => {
      watch.started(actor, event.id);
      const behaviour = calm() ? 'succeed' : platform.choices.pick(BEHAVIOURS);
      platform.note(`${actor.name} handles ${event.id} and will ${behaviour}`);
      const step = (name: string) =>
        context.once(name, async () => {
          await sideEffect(`${event.id} step ${name}`, context.signal, () => {});
          watch.stepSucceeded(actor, event.id, name);
        });
      switch (behaviour) {
        case 'succeed':
          await step('one');
          await step('two');
          return watch.succeeded(actor, event.id);
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
          await sideEffect(`${event.id} hangs`, context.signal, () => {
            throw new Error('the other side hung up');
          });
      }
    },
  });
}
