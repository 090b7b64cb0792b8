// What has changed from one picture to the next, as events. No I/O, no clock.
import { type TransitionType, transitionData } from '../event/observed.ts';
import type { LedgerStub } from '../ledger/client.ts';
import { PATROL_INTERVAL_MS, PATROL_WEBHOOK_LEAD_MS } from '../limits.ts';
import { type Condition, type Fact, judge, type ObservedEvent, observedEvent } from './conditions.ts';
import { byId, isGone, type Picture, type Seen } from './picture.ts';

/** An event that has yet to be told. */
export interface Sighting {
  readonly event: ObservedEvent;
  /** Of a transition: the webhook that would tell of it. */
  readonly wait?: Parameters<LedgerStub['heard']>[0][number];
}

/**
 * @param before The last complete picture; null before the first, which shows no transition.
 * @param picture The one that follows on it. After a look that failed it is the same one, from
 *   which nothing follows anew.
 * @param now When the look began, in milliseconds since the epoch.
 */
export function differences(
  before: Picture | null,
  picture: Picture | null,
  open: readonly Condition[],
  facts: readonly Fact[],
  now: number,
): Sighting[] {
  const conditions = judge(open, facts, now, picture).map((event) => ({ event }));
  return before && picture ? [...conditions, ...transitionsOf(before, picture, now)] : conditions;
}

function transitionsOf(before: Picture, picture: Picture, now: number): Sighting[] {
  const known = byId(before);
  const after = heardFrom(before, now);
  const sighting = (type: TransitionType, { instance }: Seen, last?: Seen): Sighting => {
    const event = observedEvent(type, transitionData(type, instance, last?.instance, now), now);
    // Nobody knows whether one is interruptible where the column is missing.
    const types = type === 'instance_stopped' && instance.is_bid !== false ? [type, 'outbid'] : [type];
    // One that stopped in between may have been online for a while, as a webhook told.
    const since = type === 'instance_online' ? (last?.offlineAt ?? after) - PATROL_WEBHOOK_LEAD_MS : after;
    return { event, wait: { types, instanceId: instance.id, after: Math.min(after, since) } };
  };
  const changed = picture.seen.flatMap((seen) => {
    const last = known.get(seen.instance.id);
    // One that comes in sight because others have gone is not new.
    if (!last && !isGone(before, seen.instance.id)) return [];
    return changesOf(last, seen).map((type) => sighting(type, seen, last));
  });
  const gone = before.seen.filter(({ instance }) => isGone(picture, instance.id));
  return [...changed, ...gone.map((seen) => sighting('instance_deleted', seen, seen))];
}

/** From when on a webhook may have told of what has changed. A clock may have been set back. */
export function heardFrom(before: Picture, now: number): number {
  return Math.min(before.at, now - PATROL_INTERVAL_MS) - PATROL_WEBHOOK_LEAD_MS;
}

/** @param last None for one that is new since the last look. */
function changesOf(last: Seen | undefined, { phase, offline }: Seen): TransitionType[] {
  const types: TransitionType[] = [];
  if (offline !== (last?.offline ?? false)) types.push(offline ? 'instance_offline' : 'instance_online');
  // From a phase that nobody knew there is no way to tell of.
  if (last && (last.phase === null || last.phase === phase)) return types;
  if (phase === 'running') types.push(last?.hasRun ? 'instance_resumed' : 'instance_started');
  if (phase === 'stopped' && last) types.push('instance_stopped');
  return types;
}
