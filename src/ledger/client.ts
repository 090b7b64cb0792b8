// Reaches the one ledger of this deployment.
import type { Env } from '../env.ts';
import { LEDGER_PAUSE_MS, LEDGER_TIMEOUT_MS, LEDGER_TRIES } from '../limits.ts';
import { platformError } from '../log.ts';
import { fail, type Result, succeed } from '../result.ts';
import { withTimeout } from '../with-timeout.ts';
import type { EventLedger } from './event-ledger.ts';

type Read = 'get' | 'around' | 'list' | 'feed' | 'heard' | 'stats';
type Write = 'claim' | 'settle' | 'bury' | 'quarantine' | 'replay' | 'replayMany' | 'askToTell' | 'noteTold';

/** What the ledger can be asked. The platform's own RPC types give up on data of unknown shape. */
export type LedgerStub = Pick<EventLedger, Read | Write>;

/** A fresh stub of the ledger: one that has failed may stay broken. */
export function openLedger(env: Pick<Env, 'LEDGER'>): LedgerStub {
  return env.LEDGER.getByName('events') as unknown as LedgerStub;
}

/** Asks about several things in one call. Fails also where answers and items differ in number. */
export async function askLedger<Item, Answer>(
  env: Pick<Env, 'LEDGER'>,
  items: readonly Item[],
  call: (ledger: LedgerStub) => Promise<readonly Answer[]>,
): Promise<Result<readonly (readonly [Item, Answer])[], string>> {
  const answers = await callLedger(env, call);
  if (!answers.ok) return answers;
  // An object that still runs older code may answer nothing at all.
  if (answers.value?.length !== items.length) return fail('the ledger gave no answer');
  return succeed(items.map((item, index) => [item, answers.value[index] as Answer] as const));
}

/**
 * Calls the ledger, and again after a short pause where that fails: every deploy restarts objects.
 * A failed call may have taken effect, so only methods that may be repeated are called here.
 *
 * @returns The answer, or the platform's error text once all tries have failed.
 */
export async function callLedger<Answer>(
  env: Pick<Env, 'LEDGER'>,
  call: (ledger: LedgerStub) => Promise<Answer>,
): Promise<Result<Answer, string>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return succeed(await withTimeout(call(openLedger(env)), LEDGER_TIMEOUT_MS));
    } catch (error) {
      if (attempt === LEDGER_TRIES || isOverloaded(error)) return fail(platformError(error));
      await new Promise((resolve) => setTimeout(resolve, LEDGER_PAUSE_MS * attempt));
    }
  }
}

/** Such an object must not be asked again at once (Cloudflare's "Error handling" for objects). */
function isOverloaded(error: unknown): boolean {
  return error instanceof Error && 'overloaded' in error && error.overloaded === true;
}
