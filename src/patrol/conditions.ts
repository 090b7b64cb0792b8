// Conditions: what makes each true, and how one opens and ends. No I/O, no clock.
import {
  type AccountCondition,
  type AccountSummary,
  accountData,
  type ConditionType,
  clearedData,
  type InstanceCondition,
  instanceData,
} from '../event/observed.ts';
import {
  PATROL_ENDED_KEPT,
  PATROL_ENDS_WITHIN_MS,
  PATROL_IDLE_MS,
  PATROL_STOPPED_MS,
  PATROL_STUCK_MS,
} from '../limits.ts';
import type { Instance } from '../vast/instances.ts';
import { type ObservedEvent, observedEvent } from './observed-event.ts';
import type { Picture, Seen } from './picture.ts';

/** Times are milliseconds since the epoch. */
export interface Condition {
  /** The id of the event that told of it. */
  readonly id: string;
  readonly type: ConditionType;
  /** What it says, in one line. */
  readonly subject: string;
  /** null where it is the account's. */
  readonly instance: Instance | null;
  readonly since: number;
  /** When the queue took its event. */
  readonly toldAt: number | null;
  readonly endedAt: number | null;
}

/** What is the case. null: nobody can say, so that an open condition stays and none opens. */
export type Fact = { readonly holds: boolean | null } & (
  | { readonly type: InstanceCondition; readonly instance: Instance }
  | { readonly type: AccountCondition; readonly account: AccountSummary; readonly why: string }
);

const rules: Record<InstanceCondition, (seen: Seen, now: number) => boolean | null> = {
  'observed.stuck_loading': ({ phase, phaseMs }) => phase === 'loading' && phaseMs >= PATROL_STUCK_MS,
  'observed.idle': ({ idleMs }) => idleMs !== null && idleMs >= PATROL_IDLE_MS,
  'observed.stopped_still_billing': ({ phase, phaseMs, instance: { storage_total_cost: cost } }) =>
    phase === 'stopped' && phaseMs >= PATROL_STOPPED_MS && (cost === null ? null : cost > 0),
  'observed.ends_soon': ({ instance: { end_date: end } }, now) =>
    end === null ? null : end * 1000 - now < PATROL_ENDS_WITHIN_MS,
  'observed.lease_over': ({ phase, instance: { label, start_date: start } }, now) => {
    const lease = leaseMs(label);
    if (lease === null || phase === 'stopped') return false;
    return start === null ? null : now >= start * 1000 + lease;
  },
};

/** What is the case with every instance in the picture. */
export function instanceFacts({ seen, at }: Picture): Fact[] {
  const types = Object.keys(rules) as InstanceCondition[];
  return seen.flatMap((one) => types.map((type) => ({ type, instance: one.instance, holds: rules[type](one, at) })));
}

/** `lease=6h`, also in minutes or days, in milliseconds; null without one. */
export function leaseMs(label: string | null): number | null {
  const [, count, unit] = /\blease=(\d+(?:\.\d+)?)([mhd])\b/i.exec(label ?? '') ?? [];
  const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
  return count === undefined ? null : Number(count) * (units[unit?.toLowerCase() ?? ''] ?? 0);
}

const keyOf = (type: ConditionType, instance: Instance | null) => `${instance?.id ?? 'account'} ${type}`;
const instanceOf = (fact: Fact) => ('instance' in fact ? fact.instance : null);

/**
 * Opens what has become the case and ends what no longer is: one event each.
 *
 * @param isGone Whether an open condition without a fact has ended: its instance has gone.
 */
export function judge(
  conditions: readonly Condition[],
  facts: readonly Fact[],
  now: number,
  isGone: (condition: Condition) => boolean = () => false,
): { conditions: Condition[]; events: ObservedEvent[] } {
  const events: ObservedEvent[] = [];
  const factOf = new Map(facts.map((fact) => [keyOf(fact.type, instanceOf(fact)), fact]));
  const open = new Set<string>();
  const after = conditions.map((condition) => {
    if (condition.endedAt !== null) return condition;
    const key = keyOf(condition.type, condition.instance);
    const fact = factOf.get(key);
    if (fact ? fact.holds !== false : !isGone(condition)) {
      open.add(key);
      return condition;
    }
    const instance = (fact && instanceOf(fact)) ?? condition.instance;
    const { id, type, subject, since } = condition;
    const data = clearedData({ id, type, since: new Date(since).toISOString() }, subject, instance);
    events.push(observedEvent('observed.cleared', instance, data, now, `${id}:cleared`));
    return { ...condition, endedAt: now };
  });
  for (const [key, fact] of factOf) {
    if (fact.holds !== true || open.has(key)) continue;
    const instance = instanceOf(fact);
    const data =
      'instance' in fact ? instanceData(fact.type, fact.instance) : accountData(fact.type, fact.account, fact.why);
    const event = observedEvent(fact.type, instance, data, now);
    events.push(event);
    const {
      id,
      data: { subject },
    } = event;
    after.push({ id, type: fact.type, subject, instance, since: now, toldAt: null, endedAt: null });
  }
  const ended = after.filter(({ endedAt }) => endedAt !== null).slice(-PATROL_ENDED_KEPT);
  return { conditions: [...ended, ...after.filter(({ endedAt }) => endedAt === null)], events };
}
