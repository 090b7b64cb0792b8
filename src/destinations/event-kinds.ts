// What a chat says of each type beside the provider's own text: its severity, its group and console
// page, and which other type opens or resolves it.
import {
  isResourceType,
  type NotificationGroup,
  type NotificationType,
  notificationGroups,
  type ResourceType,
} from '../event/catalogue.ts';

export type Severity = 'good' | 'info' | 'warning' | 'critical';

/** Complete on purpose: a new type does not compile until somebody decides its severity. */
const severities: Record<NotificationType | ResourceType, Severity> = {
  low_credit: 'warning',
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
  error_msgs: 'critical',
  low_disk_space: 'warning',
  storage_full: 'critical',
  idle_gpu: 'warning',
  near_end_date: 'warning',
  new_end_date: 'info',
  email_verification: 'warning',
  password_reset: 'warning',
  email_change: 'warning',
  team_invitation: 'info',
  machine_offline: 'critical',
  machine_unverified: 'critical',
  machine_error: 'critical',
  receive_reports: 'warning',
  maintenance_scheduled: 'warning',
  webhook_test: 'info',
  'resource.created': 'info',
  'resource.updated': 'info',
  'resource.deleted': 'info',
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

/** From the type that opens a condition to the one that resolves it. */
const resolvedBy = new Map<string, NotificationType>([
  ['instance_offline', 'instance_online'],
  ['outbid', 'instance_resumed'],
]);
const resolves = new Map<string, string>([...resolvedBy].map(([opening, end]) => [end, opening]));

// A map, because a type is data from outside: `constructor` is an ordinary unknown type.
const severityOf = new Map<string, Severity>(Object.entries(severities));

function groupsOf(type: string): readonly Group[] {
  if (isResourceType(type)) return ['resource'];
  const names = Object.keys(notificationGroups) as NotificationGroup[];
  return names.filter((name) => (notificationGroups[name].types as readonly string[]).includes(type));
}

interface EventKind {
  readonly severity: Severity;
  readonly group: Group;
  readonly page: Link;
  /** For both ends of a pair: what resolves it, or what it resolves. */
  readonly pair?: string;
}

/**
 * What is known of a type.
 *
 * Two types exist for clients and for hosts, and the payload does not say which. The endpoint does,
 * if hosts have one of their own, named `host` or `host-…`.
 */
export function kindOf(type: string, endpoint: string): EventKind {
  const groups = groupsOf(type);
  const atHost = /^host(-|$)/.test(endpoint) && groups.includes('host');
  const group = atHost ? 'host' : (groups[0] ?? 'other');
  const end = resolvedBy.get(type);
  const opening = resolves.get(type);
  return {
    severity: severityOf.get(type) ?? 'info',
    group,
    page: consolePages[group],
    ...(end && { pair: `open until ${end}` }),
    ...(opening && { pair: `resolves ${opening}` }),
  };
}
