// Conditions: what makes each true, how one opens and ends. No I/O, no clock.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { Envelope } from '../event/envelope.ts';
import type { Account, AccountCondition, ConditionType, InstanceCondition, Texts } from '../event/observed.ts';
import { accountData, clearedData, instanceData } from '../event/observed.ts';
import {
  PATROL_ENDED_KEPT,
  PATROL_ENDS_WITHIN_MS,
  PATROL_IDLE_MS,
  PATROL_STOPPED_MS,
  PATROL_STUCK_MS,
} from '../limits.ts';
import type { Instance } from '../vast/instances.ts';
import type { Picture, Seen } from './picture.ts';

/** Times are milliseconds since the epoch. */
export interface Condition {
  /** Of the event that told of it. */
  readonly id: string;
  readonly subject: string;
  readonly type: ConditionType;
  /** null where it is the account's. */
  readonly instance: Instance | null;
  readonly since: number;
  /** When the queue took its event. */
  readonly toldAt: number | null;
  readonly endedAt: number | null;
}

/** Whether a condition holds. null: nobody can say, so that it neither opens nor ends. */
export interface Fact extends Pick<Condition, 'type' | 'instance'> {
  readonly holds: boolean | null;
  readonly data: () => Texts;
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

export function instanceFacts({ seen, at }: Picture): Fact[] {
  return seen.flatMap((one) =>
    Object.entries(rules).map(([name, rule]) => {
      const { instance } = one;
      const type = name as InstanceCondition;
      return { type, instance, holds: rule(one, at), data: () => instanceData(type, instance) };
    }),
  );
}

export function accountFact(type: AccountCondition, holds: boolean | null, account: Account, why: string): Fact {
  return { type, instance: null, holds, data: () => accountData(type, account, why) };
}

export type ObservedEvent = Envelope<string, Texts & Record<string, unknown>>;

/**
 * The envelope. Its id follows from what was seen and when: telling it twice is telling it once.
 *
 * @param at When it was first seen, in milliseconds since the epoch.
 */
export function observedEvent(type: string, instance: Instance | null, data: Texts, at: number, id?: string) {
  const event: ObservedEvent = {
    id: id ?? `observed:${instance?.id ?? 'account'}:${type}:${Math.floor(at / 1000)}`,
    ...{ type, endpoint: PATROL_ENDPOINT, dialect: 'observed', created: new Date(at).toISOString(), data: { ...data } },
  };
  if (instance === null) return event;
  const { id: instanceId, machine_id: machineId } = instance;
  return { ...event, mentions: { instanceId, ...(machineId !== null && { machineId }) } };
}

const keyOf = ({ type, instance }: Pick<Fact, 'type' | 'instance'>) => `${type} ${instance?.id}`;

/**
 * Opens what has become true and ends what no longer is: one event each.
 *
 * @param isGone Whether an open condition without a fact has ended: its instance is no more.
 */
export function judge(
  conditions: readonly Condition[],
  facts: readonly Fact[],
  now: number,
  isGone: (condition: Condition) => boolean = () => false,
): { conditions: Condition[]; events: ObservedEvent[] } {
  const events: ObservedEvent[] = [];
  const news = new Map(facts.map((fact) => [keyOf(fact), fact]));
  const judged = conditions.map((condition): Condition => {
    const fact = news.get(keyOf(condition));
    if (condition.endedAt !== null || (fact ? fact.holds !== false : !isGone(condition))) return condition;
    const { id, type, subject, since } = condition;
    const instance = fact?.instance ?? condition.instance;
    const data = clearedData({ id, type, since: new Date(since).toISOString() }, subject, instance);
    events.push(observedEvent('observed.cleared', instance, data, now, `${id}:cleared`));
    return { ...condition, endedAt: now };
  });
  const open = judged.filter(({ endedAt }) => endedAt === null);
  for (const { endedAt: _, ...condition } of open) news.delete(keyOf(condition));
  for (const { type, instance, holds, data } of news.values()) {
    if (!holds) continue;
    const event = observedEvent(type, instance, data(), now);
    events.push(event);
    const {
      id,
      data: { subject },
    } = event;
    open.push({ id, subject, type, instance, since: now, toldAt: null, endedAt: null });
  }
  const ended = judged.filter(({ endedAt }) => endedAt !== null);
  return { conditions: [...ended.slice(-PATROL_ENDED_KEPT), ...open], events };
}
