// Conditions: what makes each true, how one opens and ends. No I/O, no clock.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { Envelope } from '../event/envelope.ts';
import {
  type AccountCondition,
  accountData,
  type ConditionType,
  clearedData,
  type InstanceCondition,
  instanceData,
  type ObservedDataMap,
  type Texts,
} from '../event/observed.ts';
import {
  BURN_LIMIT_PER_HOUR,
  PATROL_BLIND_AFTER,
  PATROL_ENDS_WITHIN_MS,
  PATROL_IDLE_MS,
  PATROL_STOPPED_MS,
  PATROL_STUCK_MS,
  SILENT_AFTER_MS,
} from '../limits.ts';
import type { Instance } from '../vast/instances.ts';
import { accountOf, isGone, type Picture, priceOf, type Seen } from './picture.ts';

/** What patrol tells; beside the texts, of one instance or of the account. */
type ObservedData = Texts & {
  instance?: Instance | null;
  condition?: ObservedDataMap['observed.cleared']['condition'];
};
export type ObservedEvent<Type extends string = string> = Envelope<Type, ObservedData & Record<string, unknown>>;

/** An open one is the event that told of it. */
export type Condition = ObservedEvent<ConditionType>;

/** Looks that have failed since the last picture, and how many of the latest for one reason. */
export interface Failed {
  readonly looks: number;
  readonly alike: number;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
}

/** Whether a condition holds. null: nobody can say, so that it neither opens nor ends. */
export interface Fact {
  readonly type: ConditionType;
  /** Absent where it is the account's. */
  readonly instance?: Instance;
  readonly holds: boolean | null;
  readonly data: () => ObservedData;
}

const rules: Record<InstanceCondition, (seen: Seen, now: number) => boolean | null> = {
  'observed.stuck_loading': ({ phase, phaseMs }) => phase === 'loading' && phaseMs >= PATROL_STUCK_MS,
  'observed.idle': ({ idleMs }) => idleMs !== null && idleMs >= PATROL_IDLE_MS,
  'observed.stopped_still_billing': ({ phase, phaseMs, instance: { storage_total_cost: cost } }) =>
    phase === 'stopped' && phaseMs >= PATROL_STOPPED_MS && (cost === null ? null : cost > 0),
  'observed.ends_soon': ({ instance: { end_date: end } }, now) =>
    end === null ? null : end * 1000 - now < PATROL_ENDS_WITHIN_MS,
  'observed.lease_over': ({ phase, instance: { label, start_date: start } }, now) => {
    const [, count, unit = ''] = /\blease=(\d+(?:\.\d+)?)([mhd])\b/i.exec(label ?? '') ?? [];
    if (count === undefined || phase === 'stopped') return false;
    const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit.toLowerCase()] ?? 0;
    return start === null ? null : now >= start * 1000 + Number(count) * unitMs;
  },
};

const instanceTypes = Object.keys(rules) as InstanceCondition[];

/** @param silentMs How long no webhook has come; undefined where nobody can say. */
export function factsOf(
  picture: Picture | null,
  failed: Failed | null,
  silentMs: number | undefined,
  limit = BURN_LIMIT_PER_HOUR,
): Fact[] {
  const account = accountOf(picture);
  const { seen, at } = picture ?? { seen: [], at: 0 };
  const ofAccount = (type: AccountCondition, holds: boolean | null, why: string): Fact => {
    return { type, holds, data: () => accountData(type, account, why) };
  };
  const isBlind = failed !== null && failed.looks >= PATROL_BLIND_AFTER;
  const isSilent = silentMs === undefined ? null : silentMs > SILENT_AFTER_MS && seen.length > 0;
  const isOver = limit !== null && (account.dollarsPerHour ?? 0) > limit;
  // A sum that lacks what is unknown may be over the limit all the same.
  const isPart = limit !== null && (picture?.stoppedAfter !== null || seen.map(priceOf).includes(null));
  const failures = `Several looks in a row have failed (${failed?.reason}). It concludes nothing until one succeeds.`;
  const cost = `They cost $${account.dollarsPerHour}/h together; your limit is $${limit}/h.`;
  return [
    ofAccount('observed.blind', isBlind, failures),
    ofAccount('observed.silence', isSilent, 'Is the webhook still registered? `npm run vast -- doctor` looks.'),
    ofAccount('observed.burn_rate', isOver || (isPart ? null : false), cost),
    ...seen.flatMap((one) =>
      instanceTypes.map((type): Fact => {
        const { instance } = one;
        return { type, instance, holds: rules[type](one, at), data: () => instanceData(type, instance) };
      }),
    ),
  ];
}

/**
 * The envelope. Its id follows from what was seen and when: telling it twice is telling it once.
 *
 * @param at When it was first seen, in milliseconds since the epoch.
 */
export function observedEvent<Type extends string>(
  type: Type,
  data: ObservedData,
  at: number,
  id = `observed:${data.instance?.id ?? 'account'}:${type}:${Math.floor(at / 1000)}`,
): ObservedEvent<Type> {
  const created = new Date(at).toISOString();
  const event = { id, type, endpoint: PATROL_ENDPOINT, dialect: 'observed', created, data: { ...data } } as const;
  if (!data.instance) return event;
  const { id: instanceId, machine_id: machineId } = data.instance;
  return { ...event, mentions: { instanceId, ...(machineId !== null && { machineId }) } };
}

const keyOf = (type: string, instance: Instance | null | undefined) => `${type} ${instance?.id}`;

/**
 * Ends what no longer holds and opens what has come to hold: one event each.
 *
 * @param picture An open condition without a fact ends where its instance is gone from here.
 */
export function judge(
  open: readonly Condition[],
  facts: readonly Fact[],
  now: number,
  picture: Picture | null = null,
): ObservedEvent<ConditionType | 'observed.cleared'>[] {
  const news = new Map(facts.map((fact) => [keyOf(fact.type, fact.instance), fact]));
  const cleared = open.flatMap(({ id, type, created, data: { subject, instance = null } }) => {
    const key = keyOf(type, instance);
    const fact = news.get(key);
    news.delete(key);
    if (fact ? fact.holds !== false : !(picture && instance && isGone(picture, instance.id))) return [];
    const data = clearedData({ id, type, since: created }, subject, fact?.instance ?? instance);
    return [observedEvent('observed.cleared', data, now, `${id}:cleared`)];
  });
  const opened = [...news.values()].filter(({ holds }) => holds);
  return [...cleared, ...opened.map(({ type, data }) => observedEvent(type, data(), now))];
}
