// What has changed from one complete picture to the next, as events. No I/O, no clock: what could
// not be seen never comes here.
import { type Account, type TransitionType, transitionData } from '../event/observed.ts';
import { BURN_LIMIT_PER_HOUR, PATROL_WEBHOOK_LEAD_MS } from '../limits.ts';
import type { InstanceList } from '../vast/instances.ts';
import {
  accountFact,
  type Condition,
  type Fact,
  instanceFacts,
  judge,
  type ObservedEvent,
  observedEvent,
} from './conditions.ts';
import { byId, covers, nextPicture, type Picture, type Seen } from './picture.ts';

/** An event that has yet to be told. Times are milliseconds since the epoch. */
export interface Sighting {
  readonly event: ObservedEvent;
  /** Of a transition: the webhook that would tell of it, and the look that showed it. */
  readonly wait?: {
    readonly types: readonly string[];
    readonly instanceId: number;
    readonly after: number;
    readonly seenAt: number;
  };
}

/** @param before The last complete picture; null before the first, which shows no transition. */
export function differences(before: Picture | null, list: InstanceList, open: readonly Condition[], now: number) {
  const picture = nextPicture(before, list, now);
  const here = byId(picture);
  const isGone = (id: number) => !here.has(id) && covers(picture, id);
  const facts = [...instanceFacts(picture), burnRate(picture)];
  const { conditions, events } = judge(open, facts, now, ({ instance }) => instance !== null && isGone(instance.id));
  const sightings: Sighting[] = events.map((event) => ({ event }));
  if (before === null) return { picture, conditions, sightings };

  const known = byId(before);
  const add = (type: TransitionType, { instance }: Seen, last?: Seen) => {
    const event = observedEvent(type, instance, transitionData(type, instance, last?.instance, now), now);
    // Nobody knows whether one is interruptible where the column is missing.
    const types = type === 'instance_stopped' && instance.is_bid !== false ? [type, 'outbid'] : [type];
    const after = before.at - PATROL_WEBHOOK_LEAD_MS;
    sightings.push({ event, wait: { types, instanceId: instance.id, after, seenAt: now } });
  };
  for (const seen of picture.seen) {
    const last = known.get(seen.instance.id);
    // One that comes in sight because others have gone is not new.
    if (last === undefined && !covers(before, seen.instance.id)) continue;
    for (const type of changesOf(last, seen)) add(type, seen, last);
  }
  for (const seen of before.seen) if (isGone(seen.instance.id)) add('instance_deleted', seen, seen);
  return { picture, conditions, sightings };
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

/** What one costs, in dollars per hour; null where nobody knows. */
export const priceOf = ({ phase, instance }: Seen) =>
  phase === 'stopped' ? instance.storage_total_cost : instance.dph_total;

export function accountOf(picture: Picture | null): Account {
  if (picture === null) return { instances: null, dollarsPerHour: null };
  const dollars = picture.seen.map(priceOf).reduce<number>((sum, price) => sum + (price ?? 0), 0);
  return { instances: picture.total, dollarsPerHour: Math.round(dollars * 1e6) / 1e6 };
}

function burnRate(picture: Picture, limit = BURN_LIMIT_PER_HOUR): Fact {
  const account = accountOf(picture);
  const isOver = limit !== null && (account.dollarsPerHour ?? 0) > limit;
  // A sum that lacks what is unknown may be over the limit all the same.
  const isWhole = picture.stoppedAfter === null && !picture.seen.map(priceOf).includes(null);
  const why = `They cost $${account.dollarsPerHour}/h together; your limit is $${limit}/h.`;
  return accountFact('observed.burn_rate', isOver || isWhole || limit === null ? isOver : null, account, why);
}
