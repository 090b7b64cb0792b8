// Calls the user's notices. Best effort, and none of it rejects: ledger and log have the news
// already, and the one who is told may be the very reason why an event died.
import { eventKey } from '../endpoint.ts';
import type { DeadEvent, KeptDelivery } from '../event/news.ts';
import { NOTICE_TIMEOUT_MS } from '../limits.ts';
import { log } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';
import type { HandlerContext } from './define-handlers.ts';
import type { Notices } from './define-notices.ts';
import type { ConsumerDeps } from './deps.ts';
import { keptText } from './error-text.ts';

/** `invocation` is shared by all that runs in one invocation of the consumer. */
export async function tellOfDead(events: readonly DeadEvent[], invocation: object, deps: ConsumerDeps): Promise<void> {
  const [first] = events;
  if (first === undefined) return;
  const key = events.length > 1 ? crypto.randomUUID() : eventKey(first.endpoint, first.id);
  await tell(`dead-letter:${key}`, invocation, deps, (notices, context) => notices.dead(events, context));
}

export async function tellOfKept(delivery: KeptDelivery, invocation: object, deps: ConsumerDeps): Promise<void> {
  const key = `quarantined:${eventKey(delivery.endpoint, delivery.id)}`;
  await tell(key, invocation, deps, (notices, context) => notices.quarantined(delivery, context));
}

/** `count`: the deliveries of the last hour that were not told one by one. */
export async function tellOfManyKept(count: number, invocation: object, deps: ConsumerDeps): Promise<void> {
  const key = `quarantined:${crypto.randomUUID()}`;
  await tell(key, invocation, deps, (notices, context) => notices.manyQuarantined(count, context));
}

async function tell(
  key: string,
  invocation: object,
  { env, notices }: ConsumerDeps,
  notice: (notices: Notices, context: HandlerContext) => unknown,
): Promise<void> {
  const context: HandlerContext = {
    env,
    attempt: 1,
    idempotencyKey: key,
    invocation,
    signal: AbortSignal.timeout(NOTICE_TIMEOUT_MS),
    log,
    // Told once and not retried: there is nothing to remember.
    once: async (_step, run) => {
      await run();
    },
    instance: async () => ({ kind: 'unknown', reason: 'no_id' }),
  };
  try {
    // A letter is kept until its notice has ended, so the time limit does not depend on the notice.
    await withTimeout(
      Promise.resolve().then(() => notices && notice(notices, context)),
      NOTICE_TIMEOUT_MS,
    );
  } catch (error) {
    log('event.untold', { id: key, error: keptText(error, env) }, 'warn');
  }
}
