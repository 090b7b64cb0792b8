// What is said of each type beside the provider's own text: its group and console page, and which
// other type opens or resolves it.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import {
  isResourceType,
  type NotificationGroup,
  type NotificationType,
  notificationGroups,
  severityOf,
} from '../event/catalogue.ts';

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
  return { severity: severityOf(type), group, page: consolePages[group], ...about };
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
  return names.find((name) => Object.hasOwn(notificationGroups[name].types, type)) ?? 'other';
}
