// What follows from one look after another, as events: transitions, and conditions that open and
// end. No I/O, no clock.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { Envelope } from '../event/envelope.ts';
import {
  type ConditionType,
  clearedData,
  type ObservedDataMap,
  type Texts,
  type TransitionType,
  transitionData,
} from '../event/observed.ts';
import type { LedgerStub } from '../ledger/client.ts';
import { PATROL_INTERVAL_MS, PATROL_WEBHOOK_LEAD_MS } from '../limits.ts';
import type { Instance } from '../vast/instances.ts';
import type { Fact } from './conditions.ts';
import { byId, isGone, type Picture, type Seen } from './picture.ts';

/** What patrol tells; beside the texts, of one instance or of the account. */
interface ObservedData extends Texts, Partial<Pick<ObservedDataMap['observed.cleared'], 'condition' | 'instance'>> {}
export type ObservedEvent = Envelope<string, ObservedData & Record<string, unknown>>;

/** One that is open is the event that told of it. */
export type Condition = ObservedEvent & { readonly type: ConditionType };

/** An event that has yet to be told. */
export interface Sighting {
  readonly event: ObservedEvent;
  /** Of a transition: the webhook that would tell of it. */
  readonly wait?: Parameters<LedgerStub['heard']>[0][number];
}

const keyOf = (type: string, instance: Instance | null | undefined) => `${type} ${instance?.id}`;

/**
 * Ends what no longer holds, opens what has come to hold, and tells what has changed.
 *
 * @param before The last complete picture; null before the first, which shows no transition.
 * @param picture The one that follows on it. After a look that failed it is the same one, from
 *   which nothing follows anew.
 * @param open Conditions. One without a fact ends where its instance is gone from the picture.
 * @param now When the look began, in milliseconds since the epoch.
 */
export function differences(
  before: Picture | null,
  picture: Picture | null,
  open: readonly Condition[],
  facts: readonly Fact[],
  now: number,
): Sighting[] {
  const news = new Map(facts.map((fact) => [keyOf(fact.type, fact.instance), fact]));
  const cleared = open.flatMap(({ id, type, created, data: { subject, instance = null } }) => {
    const key = keyOf(type, instance);
    const fact = news.get(key);
    news.delete(key);
    if (fact ? fact.holds !== false : !(picture && instance && isGone(picture, instance.id))) return [];
    const data = clearedData({ id, type, since: created }, subject, fact?.instance ?? instance);
    return { event: observedEvent('observed.cleared', data, now, `${id}:cleared`) };
  });
  const opening = [...news.values()].filter(({ holds }) => holds);
  const opened = opening.map(({ type, data }) => ({ event: observedEvent(type, data(), now) }));
  return [...cleared, ...opened, ...(before && picture ? transitionsOf(before, picture, now) : [])];
}

/**
 * The envelope. Its id follows from what was seen and when: telling it twice is telling it once.
 *
 * @param at When it was first seen, in milliseconds since the epoch.
 */
function observedEvent(
  type: string,
  data: ObservedData,
  at: number,
  id = `observed:${data.instance?.id ?? 'account'}:${type}:${Math.floor(at / 1000)}`,
): ObservedEvent {
  const created = new Date(at).toISOString();
  const event = { id, type, endpoint: PATROL_ENDPOINT, dialect: 'observed', created, data: { ...data } } as const;
  if (!data.instance) return event;
  const { id: instanceId, machine_id: machineId } = data.instance;
  return { ...event, mentions: { instanceId, ...(machineId !== null && { machineId }) } };
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
