// What has changed between two looks, as events: transitions and conditions. No I/O, no clock. Only
// complete pictures come here, so that nothing is concluded from what could not be seen.
import { type TransitionType, transitionData } from '../event/observed.ts';
import { BURN_LIMIT_PER_HOUR, PATROL_WEBHOOK_LEAD_MS } from '../limits.ts';
import type { InstanceList } from '../vast/instances.ts';
import { type Condition, type Fact, instanceFacts, judge } from './conditions.ts';
import { type ObservedEvent, observedEvent } from './observed-event.ts';
import { covers, nextPicture, type Picture, type Seen } from './picture.ts';

/** A transition that a webhook may have told of already. */
export interface Transition {
  readonly event: ObservedEvent;
  /** The types that tell of it. */
  readonly types: readonly string[];
  readonly instanceId: number;
  /** When the first webhook could have told of it, in milliseconds since the epoch. */
  readonly after: number;
}

export interface Differences {
  readonly picture: Picture;
  readonly conditions: readonly Condition[];
  readonly transitions: readonly Transition[];
  /** Of conditions: told at once. */
  readonly events: readonly ObservedEvent[];
}

/**
 * @param before The last complete picture; null before the first, which shows no change.
 * @param now When the look began, in milliseconds since the epoch.
 */
export function differences(
  before: Picture | null,
  list: InstanceList,
  conditions: readonly Condition[],
  now: number,
): Differences {
  const picture = nextPicture(before, list, now);
  const here = new Set(picture.seen.map(({ instance }) => instance.id));
  const isGone = (id: number) => !here.has(id) && covers(picture, id);
  const judged = judge(
    conditions,
    [...instanceFacts(picture), burnRate(picture)],
    now,
    ({ instance }) => instance !== null && isGone(instance.id),
  );
  return { picture, ...judged, transitions: before ? transitionsOf(before, picture, isGone) : [] };
}

function transitionsOf(before: Picture, picture: Picture, isGone: (id: number) => boolean): Transition[] {
  const known = new Map(before.seen.map((seen) => [seen.instance.id, seen]));
  const transitionOf = (type: TransitionType, seen: Seen, last?: Seen): Transition => {
    const { instance } = seen;
    const data = transitionData(type, instance, last?.instance, picture.at);
    // Nobody knows whether one is interruptible where the column is missing.
    const types = type === 'instance_stopped' && instance.is_bid !== false ? [type, 'outbid'] : [type];
    return {
      event: observedEvent(type, instance, data, picture.at),
      types,
      instanceId: instance.id,
      after: before.at - PATROL_WEBHOOK_LEAD_MS,
    };
  };
  const changed = picture.seen.flatMap((seen) => {
    const last = known.get(seen.instance.id);
    // One that comes in sight because others have gone is not new.
    if (last === undefined && !covers(before, seen.instance.id)) return [];
    return changesOf(last, seen).map((type) => transitionOf(type, seen, last));
  });
  const gone = before.seen.filter(({ instance }) => isGone(instance.id));
  return [...changed, ...gone.map((seen) => transitionOf('instance_deleted', seen, seen))];
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

/** What the instances cost together, in dollars per hour, as far as their prices are known. */
export function burnOf({ seen }: Picture): { readonly dollarsPerHour: number; readonly isWhole: boolean } {
  const prices = seen.map(({ phase, instance }) =>
    phase === 'stopped' ? instance.storage_total_cost : instance.dph_total,
  );
  return {
    dollarsPerHour: prices.reduce<number>((sum, price) => sum + (price ?? 0), 0),
    isWhole: !prices.includes(null),
  };
}

function burnRate(picture: Picture): Fact {
  const { dollarsPerHour, isWhole } = burnOf(picture);
  const limit = BURN_LIMIT_PER_HOUR;
  const isOver = limit !== null && dollarsPerHour > limit;
  // A sum that is too small by what is unknown may be over the limit all the same.
  const holds = isOver || (isWhole && picture.stoppedAfter === null) || limit === null ? isOver : null;
  const account = { instances: picture.total, dollarsPerHour };
  return { type: 'observed.burn_rate', account, why: `your limit of $${limit}/h`, holds };
}
