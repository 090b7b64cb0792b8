// Every event type that is known: what Vast.ai sends, and what patrol tells. The list grows on
// their side: a type that is not here reaches the fallback handler.
import { type ObservedType, observedTypes } from './observed.ts';

/** By the groups of Vast.ai's console. A type in two groups exists as `client:` and as `host:`. */
export const notificationGroups = {
  billing: { context: 'client', types: ['low_credit', 'billing_failed', 'payment_receipt', 'credit_received'] },
  instance: {
    context: 'client',
    types: [
      'instance_created',
      'instance_started',
      'instance_stopped',
      'instance_resumed',
      'instance_deleted',
      'outbid',
      'machine_maintenance',
      'upcoming_downtime',
      'instance_offline',
      'instance_online',
      'error_msgs',
      'low_disk_space',
      'storage_full',
      'idle_gpu',
      'near_end_date',
      'new_end_date',
    ],
  },
  account: { context: 'client', types: ['email_verification', 'password_reset', 'email_change', 'team_invitation'] },
  host: {
    context: 'host',
    types: [
      'machine_offline',
      'machine_unverified',
      'machine_error',
      'receive_reports',
      'low_disk_space',
      'near_end_date',
      'maintenance_scheduled',
    ],
  },
} as const;

export type NotificationGroup = keyof typeof notificationGroups;

/** Sent only by the provider's test call; not a key that one can subscribe to. */
export const TEST_TYPE = 'webhook_test';

/** The types of the `resource` dialect. */
export const resourceTypes = ['resource.created', 'resource.updated', 'resource.deleted'] as const;

export type NotificationType = (typeof notificationGroups)[NotificationGroup]['types'][number] | typeof TEST_TYPE;
export type ResourceType = (typeof resourceTypes)[number];

/** Their text may hold a link that lets its reader into the account: never post it into a chat. */
export const securityCriticalTypes: ReadonlySet<string> = new Set<NotificationType>(notificationGroups.account.types);

/** Every notification type once, `webhook_test` last. */
export const notificationTypes: readonly NotificationType[] = [
  ...new Set<NotificationType>(Object.values(notificationGroups).flatMap((group) => group.types)),
  TEST_TYPE,
];

/** Every known type of all dialects. */
export const eventTypes: readonly (NotificationType | ResourceType | ObservedType)[] = [
  ...notificationTypes,
  ...resourceTypes,
  ...observedTypes,
];

const resourceTypeSet: ReadonlySet<string> = new Set(resourceTypes);

export function isResourceType(type: string): type is ResourceType {
  return resourceTypeSet.has(type);
}
