// What patrol tells of its own accord: the types, what their events carry, and the words. Never a
// cause that Vast.ai did not state: a stopped interruptible instance *may* have been outbid.
import type { Instance } from '../vast/instances.ts';

/** Those of the provider's types that a list of instances can show, too. */
export const transitionTypes = [
  'instance_started',
  'instance_stopped',
  'instance_resumed',
  'instance_offline',
  'instance_online',
  'instance_deleted',
] as const;

/** What is told when it opens; when it ends, `observed.cleared` is. */
const instanceConditions = [
  'observed.stuck_loading',
  'observed.idle',
  'observed.stopped_still_billing',
  'observed.ends_soon',
  'observed.lease_over',
] as const;
const accountConditions = ['observed.burn_rate', 'observed.blind', 'observed.silence'] as const;

export const observedTypes = [...instanceConditions, ...accountConditions, 'observed.cleared'] as const;

export type TransitionType = (typeof transitionTypes)[number];
export type InstanceCondition = (typeof instanceConditions)[number];
export type AccountCondition = (typeof accountConditions)[number];
export type ConditionType = InstanceCondition | AccountCondition;
export type ObservedType = (typeof observedTypes)[number];

export interface Texts {
  subject: string;
  message: string;
}

/** The account as it was when patrol looked last; nulls before it ever could. */
export interface AccountSummary {
  instances: number | null;
  /** Dollars per hour, of those instances whose price is known. */
  dollarsPerHour: number | null;
}

interface Ended {
  id: string;
  type: ConditionType;
  /** ISO 8601. */
  since: string;
}

/** From observed type to data type. */
export type ObservedDataMap = { [Type in InstanceCondition]: Texts & { instance: Instance } } & {
  [Type in AccountCondition]: Texts & { account: AccountSummary };
} & { 'observed.cleared': Texts & { condition: Ended; instance: Instance | null } };

const transitionWords: Record<TransitionType, string> = {
  instance_started: 'has started',
  instance_stopped: 'has stopped',
  instance_resumed: 'is running again',
  instance_offline: 'is offline',
  instance_online: 'is online again',
  instance_deleted: 'is gone from the list',
};

/** Ends of sentences that begin with an instance: the subject's, and the message's. */
const conditionWords: Record<InstanceCondition, (instance: Instance) => readonly [string, string]> = {
  'observed.stuck_loading': () => ['is stuck loading', 'has been loading for a long time.'],
  'observed.idle': () => ['is idle', 'has had an idle GPU for a long time, and is being paid for.'],
  'observed.stopped_still_billing': ({ storage_total_cost: cost }) => [
    'is stopped and still costs money',
    `has been stopped for a long time, and its disk still costs ${dollars(cost)}/h.`,
  ],
  'observed.ends_soon': ({ end_date: end }) => ['ends soon', `ends on ${minuteOf((end ?? 0) * 1000)}.`],
  'observed.lease_over': ({ label }) => ['has outrun its lease', `runs on after the lease in its label, ${label}.`],
};

/**
 * @param before As it was at the look before; none where it was not there.
 * @param at When patrol first saw it, in milliseconds since the epoch.
 */
export function transitionData(type: TransitionType, instance: Instance, before: Instance | undefined, at: number) {
  const words = transitionWords[type];
  const maybe = type === 'instance_stopped' && instance.is_bid ? ' It is interruptible: it may have been outbid.' : '';
  const message = `${nameOf(instance)} ${words}. Patrol saw it on ${minuteOf(at)}; no webhook told of it.${maybe}`;
  return { subject: `Instance #${instance.id} ${words}`, message, instance, ...(before && { before }) };
}

export function instanceData(type: InstanceCondition, instance: Instance): ObservedDataMap[InstanceCondition] {
  const [short, long] = conditionWords[type](instance);
  return { subject: `Instance #${instance.id} ${short}`, message: `${nameOf(instance)} ${long}`, instance };
}

/** @param why What makes it so, in a few words of ours. */
export function accountData(
  type: AccountCondition,
  account: AccountSummary,
  why: string,
): ObservedDataMap[AccountCondition] {
  const cost = `${dollars(account.dollarsPerHour)}/h`;
  const words: Record<AccountCondition, readonly [subject: string, message: string]> = {
    'observed.burn_rate': [
      `Your Vast.ai instances cost ${cost}`,
      `Together they cost ${cost}, which is more than ${why}.`,
    ],
    'observed.blind': [
      'Patrol cannot see your Vast.ai instances',
      `Several looks in a row have failed (${why}). Patrol concludes nothing until one succeeds.`,
    ],
    'observed.silence': [
      'No Vast.ai webhook has arrived for a long time',
      `The last one came ${why}. Is it still registered? \`npm run vast -- doctor\` looks.`,
    ],
  };
  const [subject, message] = words[type];
  return { subject, message, account };
}

/** @param subject Of the event that told of it. */
export function clearedData(
  condition: Ended,
  subject: string,
  instance: Instance | null,
): ObservedDataMap['observed.cleared'] {
  const message = `This has ended, which patrol saw from ${minuteOf(Date.parse(condition.since))} on: ${subject}.`;
  return { subject: `Over: ${subject}`, message, condition, instance };
}

const SAMPLE: Instance = {
  ...{ id: 48927380, machine_id: 46110, label: 'train lease=6h', gpu_name: 'RTX 4090', num_gpus: 2, gpu_util: 1.5 },
  ...{
    is_bid: false,
    dph_total: 0.62,
    storage_total_cost: 0.004,
    intended_status: 'running',
    actual_status: 'running',
  },
  ...{ status_msg: 'success, running vastai/pytorch', start_date: 1_772_400_000, end_date: 1_772_500_000 },
};

/** What an event of this type carries, if patrol alone tells of it. */
export function observedSample(type: string, now: number): ObservedDataMap[ObservedType] | undefined {
  if ((instanceConditions as readonly string[]).includes(type)) return instanceData(type as InstanceCondition, SAMPLE);
  const account = { instances: 3, dollarsPerHour: 1.86 };
  const isAccounts = (accountConditions as readonly string[]).includes(type);
  if (isAccounts) return accountData(type as AccountCondition, account, 'this is a sample');
  if (type !== 'observed.cleared') return undefined;
  const condition = { id: 'sample', type: 'observed.idle', since: new Date(now).toISOString() } as const;
  return clearedData(condition, instanceData('observed.idle', SAMPLE).subject, SAMPLE);
}

/** `Instance 12 on machine 34 ("label", 2x RTX 4090, $0.35/h)`, as far as it is known. */
function nameOf({ id, machine_id, label, num_gpus, gpu_name, dph_total }: Instance): string {
  const gpus = gpu_name && `${num_gpus === null ? '' : `${num_gpus}x `}${gpu_name}`;
  const known = [label && `"${label}"`, gpus, dph_total !== null && `${dollars(dph_total)}/h`].filter(Boolean);
  const machine = machine_id === null ? '' : ` on machine ${machine_id}`;
  return `Instance ${id}${machine}${known.length > 0 ? ` (${known.join(', ')})` : ''}`;
}

function dollars(amount: number | null): string {
  return amount === null ? 'an unknown amount' : `$${amount.toFixed(amount < 1 ? 3 : 2)}`;
}

function minuteOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'an unknown day' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
