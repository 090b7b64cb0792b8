// Conditions: what makes each true. No I/O, no clock.
import {
  type AccountCondition,
  accountConditions,
  type ConditionType,
  type InstanceCondition,
  instanceData,
  type ObservedDataMap,
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
import { accountOf, type Picture, priceOf, type Seen } from './picture.ts';

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
  readonly data: () => ObservedDataMap[ConditionType];
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
    return { type, holds, data: () => ({ subject: accountConditions[type], message: why, account }) };
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
