// The ledger's memory of what was told, for the destinations. If it cannot be asked, all is told:
// a repeat is better than silence.
import { eventKey } from '../endpoint.ts';
import type { AnyEvent } from '../event/envelope.ts';
import type { TellOnce } from '../event/telling.ts';
import { RetryLater } from '../failures.ts';
import { type LedgerStub, openLedger } from '../ledger/client.ts';
import { TELL_PAUSES_MS, TELL_TIMEOUT_MS } from '../limits.ts';
import { platformError } from '../log.ts';
import { withTimeout } from '../with-timeout.ts';
import type { HandlerContext } from './define-handlers.ts';

/** For one run of an event's handler. */
export function tellOnceOf(
  { endpoint, id, type, created }: AnyEvent,
  { env, attempt, log }: Pick<HandlerContext, 'env' | 'attempt' | 'log'>,
): TellOnce {
  const about = { type, created: Date.parse(created), event: eventKey(endpoint, id), isRetry: attempt > 1 };
  const call = async <Answer>(ask: (ledger: LedgerStub) => Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await withTimeout(ask(openLedger(env)), TELL_TIMEOUT_MS);
    } catch (error) {
      log('destination.unremembered', { error: platformError(error) }, 'warn');
      return undefined;
    }
  };

  return async (telling, tell) => {
    const request = { ...about, ...telling };
    const ask = () => call((ledger) => ledger.askToTell(request));
    let answer = await ask();
    for (const pause of TELL_PAUSES_MS) {
      if (!answer?.busyUntil) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
      answer = await ask();
    }
    if (answer?.busyUntil) {
      throw new RetryLater((answer.busyUntil - Date.now()) / 1000, 'another event about the same is being told');
    }
    const reached = await tell(answer?.untold);
    if (Object.keys(answer?.untold ?? {}).length > 0) await call((ledger) => ledger.noteTold(request, reached));
  };
}
