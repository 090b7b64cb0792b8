// Says that an event has been given up, to whoever wants to know. Best effort: the ledger and the log have it already, and
// the one who is told may be the very reason why the event died.
import { platformError } from '../log.ts';
import type { ConsumerDeps } from './deps.ts';

/** An event that only a replay runs again. */
export interface DeadEvent {
  readonly id: string;
  readonly type: string;
  readonly endpoint: string;
  readonly reason: string;
  /** The last error, bounded and free of payload and secrets. */
  readonly error: string;
}

/** Tells of each, side by side. Never rejects. */
export async function tellOfDead(events: readonly DeadEvent[], deps: ConsumerDeps): Promise<void> {
  const { onDead } = deps;
  if (onDead === undefined) return;
  await Promise.all(
    events.map(async (event) => {
      try {
        await onDead(event);
      } catch (error) {
        deps.log('event.untold', { id: event.id, type: event.type, error: platformError(error) }, 'warn');
      }
    }),
  );
}
