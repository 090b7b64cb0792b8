// Every event type that is known, with its severity: what Vast.ai sends, and what patrol tells. The
// list grows on their side: a type that is not here reaches the fallback handler.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { ObservedType } from './observed.ts';

/** `critical` is what wakes people; `good` counts as `info`, and looks better. */
export type Severity = 'good' | 'info' | 'warning' | 'critical';

/** By the groups of Vast.ai's console. */
export const notificationGroups = {
  billing: { low_credit: 'critical', billing_failed: 'critical', payment_receipt: 'info', credit_received: 'good' },
  instance: {
    instance_created: 'info',
    instance_started: 'good',
    instance_stopped: 'warning',
    instance_resumed: 'good',
    instance_deleted: 'warning',
    outbid: 'critical',
    machine_maintenance: 'warning',
    upcoming_downtime: 'warning',
    instance_offline: 'critical',
    instance_online: 'good',
    error_msgs: 'warning',
    low_disk_space: 'warning',
    storage_full: 'warning',
    idle_gpu: 'warning',
    near_end_date: 'warning',
    new_end_date: 'info',
  },
  account: {
    email_verification: 'warning',
    password_reset: 'warning',
    email_change: 'warning',
    team_invitation: 'info',
  },
  host: {
    machine_offline: 'critical',
    machine_unverified: 'warning',
    machine_error: 'critical',
    receive_reports: 'warning',
    low_disk_space: 'warning',
    near_end_date: 'warning',
    maintenance_scheduled: 'warning',
  },
} as const satisfies Record<string, Record<string, Severity>>;

export type NotificationGroup = keyof typeof notificationGroups;

/** Whom a group's types concern. A type in two groups exists as `client:` and as `host:`. */
export const contextOfGroup = (name: string) => (name === 'host' ? 'host' : 'client');

/** Sent only by the provider's test call; not a key that one can subscribe to. */
export const TEST_TYPE = 'webhook_test';

/** Whether Vast.ai has told of something by it: no test sent on request, nothing of patrol's. */
export function isWebhook({ type, endpoint }: { readonly type: string; readonly endpoint?: string | undefined }) {
  return type !== TEST_TYPE && endpoint !== PATROL_ENDPOINT;
}

/** The types of the `resource` dialect. */
export const resourceTypes = {
  'resource.created': 'info',
  'resource.updated': 'info',
  'resource.deleted': 'info',
} as const;

/** What patrol alone tells. */
export const observedTypes: Record<ObservedType, Severity> = {
  'observed.stuck_loading': 'warning',
  'observed.idle': 'warning',
  'observed.stopped_still_billing': 'warning',
  'observed.ends_soon': 'warning',
  'observed.lease_over': 'warning',
  'observed.burn_rate': 'critical',
  'observed.blind': 'warning',
  'observed.silence': 'warning',
  'observed.cleared': 'good',
};

/** Every known type of all dialects. */
export const severities = {
  ...notificationGroups.billing,
  ...notificationGroups.instance,
  ...notificationGroups.account,
  ...notificationGroups.host,
  [TEST_TYPE]: 'info',
  ...resourceTypes,
  ...observedTypes,
} as const;

export type ResourceType = keyof typeof resourceTypes;
export type NotificationType = Exclude<keyof typeof severities, ResourceType | ObservedType>;

export const eventTypes = Object.keys(severities) as (keyof typeof severities)[];

// By own keys, because a type is data from outside: `constructor` is an ordinary unknown type.
export function isResourceType(type: string): type is ResourceType {
  return Object.hasOwn(resourceTypes, type);
}

function isKnown(type: string): type is keyof typeof severities {
  return Object.hasOwn(severities, type);
}

/** `info` for a type that is not known yet. */
export function severityOf(type: string): Severity {
  return isKnown(type) ? severities[type] : 'info';
}

/** Their text may hold a link that lets its reader into the account: never post it into a chat. */
export const securityCriticalTypes: ReadonlySet<string> = new Set(Object.keys(notificationGroups.account));

/** An unknown type that sounds like those that carry a link into the account counts as one. */
const SOUNDS_CONFIDENTIAL = /password|passcode|e?mail|login|sign_?in|2fa|mfa|otp|token|api_?key|invit|verification/i;

/** Whether an event's text, and an error that may quote it, stay out of chats and lists. */
export function isConfidential(type: string): boolean {
  return securityCriticalTypes.has(type) || (!isKnown(type) && SOUNDS_CONFIDENTIAL.test(type));
}
