// What patrol tells: its types, their data, the words. Never a cause that Vast.ai did not state: a
// stopped interruptible instance *may* have been outbid.
import type { Instance } from '../vast/instances.ts';

/** Types of the provider's that a list of instances shows, too: ends of sentences about one. */
const transitions = {
  instance_started: 'has started',
  instance_stopped: 'has stopped',
  instance_resumed: 'is running again',
  instance_offline: 'is offline',
  instance_online: 'is online again',
  instance_deleted: 'is gone from the list',
};

/** Told when they become true; when one no longer is, `observed.cleared` is told. */
const conditions = {
  'observed.stuck_loading': () => 'has been loading for a long time',
  'observed.idle': () => 'has had an idle GPU for a long time',
  'observed.stopped_still_billing': ({ storage_total_cost }: Instance) =>
    `is stopped, and its disk still costs $${storage_total_cost}/h`,
  'observed.ends_soon': ({ end_date }: Instance) => `ends on ${minuteOf((end_date ?? 0) * 1000)}`,
  'observed.lease_over': () => 'runs on after the lease in its label',
};
/** The same of the account, as subjects. */
export const accountConditions = {
  'observed.burn_rate': 'Your Vast.ai instances cost more than your limit',
  'observed.blind': 'Patrol cannot see your Vast.ai instances',
  'observed.silence': 'No Vast.ai webhook has arrived for a week',
};

export type TransitionType = keyof typeof transitions;
export type InstanceCondition = keyof typeof conditions;
export type AccountCondition = keyof typeof accountConditions;
export type ConditionType = InstanceCondition | AccountCondition;
export type ObservedType = ConditionType | 'observed.cleared';

export interface Texts {
  subject: string;
  message: string;
}

/** The account as patrol saw it last; nulls before it ever did. */
export interface Account {
  instances: number | null;
  /** Of those whose price is known. */
  dollarsPerHour: number | null;
}

/** `since` is ISO 8601. */
type Ended = { id: string; type: ConditionType; since: string };

/** From observed type to data type. */
export type ObservedDataMap = { [Type in InstanceCondition]: Texts & { instance: Instance } } & {
  [Type in AccountCondition]: Texts & { account: Account };
} & { 'observed.cleared': Texts & { condition: Ended; instance: Instance | null } };

/** @param at When patrol saw it first, in milliseconds since the epoch. */
export function transitionData(type: TransitionType, instance: Instance, before: Instance | undefined, at: number) {
  const maybe = type === 'instance_stopped' && instance.is_bid ? ' It is interruptible: it may have been outbid.' : '';
  const seen = ` Patrol saw it on ${minuteOf(at)}; no webhook told of it.${maybe}`;
  return { ...textsOf(instance, transitions[type], seen), instance, ...(before && { before }) };
}

export function instanceData(type: InstanceCondition, instance: Instance): ObservedDataMap[InstanceCondition] {
  return { ...textsOf(instance, conditions[type](instance)), instance };
}

/** @param subject Of the event that told of it. */
export function clearedData(condition: Ended, subject: string, instance: Instance | null) {
  return { subject: `Over: ${subject}`, message: `Patrol saw this from ${condition.since} on.`, condition, instance };
}

/** What an event of this type carries, if patrol alone tells of it. */
export function observedSample(type: string, now: number): ObservedDataMap[ObservedType] | undefined {
  const instance: Instance = {
    ...{ id: 48927380, machine_id: 46110, label: 'lease=6h', gpu_name: 'RTX 4090', num_gpus: 2, gpu_util: 1.5 },
    ...{ is_bid: false, dph_total: 0.62, storage_total_cost: 0.004, status_msg: 'success, running' },
    ...{ intended_status: 'running', actual_status: 'running', start_date: 1_772_400_000, end_date: 1_772_500_000 },
    uptime_mins: 90,
  };
  if (Object.hasOwn(conditions, type)) return instanceData(type as InstanceCondition, instance);
  const account = { instances: 3, dollarsPerHour: 1.86 };
  if (Object.hasOwn(accountConditions, type))
    return { subject: accountConditions[type as AccountCondition], message: 'This is a sample.', account };
  const condition = { id: 'sample', type: 'observed.idle', since: new Date(now).toISOString() } as const;
  return type === 'observed.cleared' ? clearedData(condition, 'This is a sample', instance) : undefined;
}

function textsOf({ id, machine_id, label, num_gpus, gpu_name, dph_total }: Instance, what: string, more = ''): Texts {
  const known = [label && `"${label}"`, gpu_name && `${num_gpus ?? ''}x ${gpu_name}`, dph_total && `$${dph_total}/h`];
  const about = [machine_id && `on machine ${machine_id}`, ...known].filter(Boolean).join(', ');
  return { subject: `Instance #${id} ${what}`, message: `Instance ${id}${about && ` (${about})`} ${what}.${more}` };
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
