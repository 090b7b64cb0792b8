// What is said of each type beside the provider's own text: its severity, its group and console
// page, and which other type opens or resolves it.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import {
  isResourceType,
  type NotificationGroup,
  type NotificationType,
  notificationGroups,
  type ResourceType,
} from '../event/catalogue.ts';
import type { ObservedType } from '../event/observed.ts';

/** `critical` is what wakes people; `good` counts as `info`, and looks better. */
export type Severity = 'good' | 'info' | 'warning' | 'critical';

/** Complete on purpose: a new type does not compile until somebody decides its severity. */
export const severities: Record<NotificationType | ResourceType | ObservedType, Severity> = {
  low_credit: 'critical',
  billing_failed: 'critical',
  payment_receipt: 'info',
  credit_received: 'good',
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
  email_verification: 'warning',
  password_reset: 'warning',
  email_change: 'warning',
  team_invitation: 'info',
  machine_offline: 'critical',
  machine_unverified: 'warning',
  machine_error: 'critical',
  receive_reports: 'warning',
  maintenance_scheduled: 'warning',
  webhook_test: 'info',
  'resource.created': 'info',
  'resource.updated': 'info',
  'resource.deleted': 'info',
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

type Group = NotificationGroup | 'resource' | 'other';

export interface Link {
  readonly label: string;
  readonly url: string;
}

const consolePages: Record<Group, Link> = {
  billing: { label: 'Open billing', url: 'https://cloud.vast.ai/billing/' },
  instance: { label: 'Open instances', url: 'https://cloud.vast.ai/instances/' },
  account: { label: 'Open settings', url: 'https://cloud.vast.ai/settings/' },
  host: { label: 'Open machines', url: 'https://cloud.vast.ai/host/machines/' },
  resource: { label: 'Open instances', url: 'https://cloud.vast.ai/instances/' },
  other: { label: 'Open Vast.ai', url: 'https://cloud.vast.ai/' },
};

// Maps, because a type is data from outside: `constructor` is an ordinary unknown type.
/** The types that open a condition, by those that resolve it, and the other way round. */
const openedBy: ReadonlyMap<string, string> = new Map<NotificationType, NotificationType>([
  ['instance_online', 'instance_offline'],
  ['instance_resumed', 'outbid'],
]);
const resolvedBy: ReadonlyMap<string, string> = new Map([...openedBy].map(([resolver, opener]) => [opener, resolver]));
const severityOf: ReadonlyMap<string, Severity> = new Map(Object.entries(severities));

/**
 * What is known of a type. Both types of a pair are about one condition, named after what opens it.
 *
 * @param ended The type that an `observed.cleared` names: that is the end of all patrol's own.
 */
export function kindOf(type: string, endpoint: string, ended: unknown) {
  const group = groupOf(type, endpoint);
  const opener = type === 'observed.cleared' && typeof ended === 'string' ? ended : openedBy.get(type);
  const resolver = resolvedBy.get(type);
  const pair = opener ? `resolves ${opener}` : resolver && `open until ${resolver}`;
  const about = { pair, condition: opener ?? type, resolves: opener !== undefined };
  return { severity: severityOf.get(type) ?? 'info', group, page: consolePages[group], ...about };
}

/**
 * Two types exist for clients and for hosts, and the payload does not say which. The endpoint does,
 * if hosts have one of their own, named `host` or `host-…`.
 */
function groupOf(type: string, endpoint: string): Group {
  if (isResourceType(type)) return 'resource';
  if (endpoint === PATROL_ENDPOINT) return 'instance';
  const names = Object.keys(notificationGroups) as NotificationGroup[];
  if (/^host(-|$)/.test(endpoint)) names.unshift('host');
  return names.find((name) => (notificationGroups[name].types as readonly string[]).includes(type)) ?? 'other';
}
