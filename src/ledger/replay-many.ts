// Replays whatever matches a filter, the latest first, in bounded steps: each says what it did and
// where the next begins.
import { REPLAY_AT_ONCE } from '../limits.ts';
import type { EventFilter, Queries } from './queries.ts';
import type { ReplayAnswer } from './replay.ts';
import type { EventKey } from './store.ts';

export interface ReplayStep {
  readonly answers: readonly ReplayAnswer[];
  /** Give it back for the next step; null once nothing older matches. */
  readonly cursor: number | null;
}

/**
 * One step. Stops early where sending fails, with a cursor that comes back to what failed: a queue
 * that is down would refuse the rest as well.
 *
 * @param limit How many events one step takes on at most.
 */
export async function replayMany(
  queries: Queries,
  filter: EventFilter,
  cursor: number | null,
  limit: number,
  replayOne: (key: EventKey) => Promise<ReplayAnswer>,
): Promise<ReplayStep> {
  const page = queries.list(filter, cursor, limit);
  const answers: ReplayAnswer[] = [];
  for (let start = 0; start < page.events.length; start += REPLAY_AT_ONCE) {
    const events = page.events.slice(start, start + REPLAY_AT_ONCE);
    const group = await Promise.all(events.map((event) => replayOne(event)));
    answers.push(...group);
    if (group.some((answer) => answer.kind === 'failed')) {
      return { answers, cursor: (events[0]?.seq ?? 0) + 1 };
    }
  }
  return { answers, cursor: page.cursor };
}
