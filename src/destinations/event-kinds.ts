// What is said of an event beside the provider's own text: its console page, and which condition it
// opens or resolves.
import { eventKey, PATROL_ENDPOINT } from '../endpoint.ts';
import {
  isResourceType,
  type NotificationGroup,
  type NotificationType,
  notificationGroups,
} from '../event/catalogue.ts';
import type { Envelope } from '../event/envelope.ts';
import type { ObservedDataMap } from '../event/observed.ts';

/** An event of any type, in a handler of its own or in the fallback. */
export type NotifiableEvent = Envelope<string, object>;

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** What a message is about: what opens a condition and what resolves it have the same `key`. */
export interface Condition {
  /** The same at every endpoint; the event's own where its text names no instance or machine. */
  readonly key: string;
  /** The instance or the machine that the text names. */
  readonly subject?: string | undefined;
  readonly resolves: boolean;
  /** Whether it says so itself: a start may be an instance's first, and end nothing. */
  readonly isEnd?: boolean;
}

const consolePage = (name: string, path = `${name}/`): Link => ({
  label: `Open ${name}`,
  url: `https://cloud.vast.ai/${path}`,
});
const consolePages: Record<NotificationGroup, Link> = {
  billing: consolePage('billing'),
  instance: consolePage('instances'),
  account: consolePage('settings'),
  host: consolePage('machines', 'host/machines/'),
};

/**
 * Where an event is dealt with. Two types exist for clients and for hosts, and the payload does not
 * say which. The endpoint does, if hosts have one of their own, named `host` or `host-…`.
 */
export function pageOf({ type, endpoint }: NotifiableEvent): Link {
  if (isResourceType(type) || endpoint === PATROL_ENDPOINT) return consolePages.instance;
  const groups = Object.keys(notificationGroups) as NotificationGroup[];
  if (/^host(-|$)/.test(endpoint)) groups.unshift('host');
  const group = groups.find((name) => Object.hasOwn(notificationGroups[name], type));
  return group ? consolePages[group] : consolePage('Vast.ai', '');
}

/** Types about one condition: what opens it, which it is named after, and what resolves it. */
const conditions: readonly Readonly<Record<'openers' | 'resolvers', readonly NotificationType[]>>[] = [
  { openers: ['instance_offline'], resolvers: ['instance_online'] },
  { openers: ['outbid', 'instance_stopped'], resolvers: ['instance_resumed', 'instance_started'] },
];

/** The condition that an event opens or resolves, and in words what its other side is. */
export function conditionOf({ id, type, endpoint, data, mentions = {} }: NotifiableEvent) {
  const isPatrols = endpoint === PATROL_ENDPOINT;
  // Patrol has one type for all ends and names what has ended. From elsewhere, that is any text.
  const ended = isPatrols && type === 'observed.cleared' ? (data as ObservedDataMap[typeof type]).condition.type : '';
  const has = (types: readonly string[]) => types.includes(type);
  const known = conditions.find(({ openers, resolvers }) => has(openers) || has(resolvers));
  const resolves = ended !== '' || (known !== undefined && has(known.resolvers));
  const { instanceId, machineId } = mentions;
  // Of instances on one machine that the text does not name, each is another.
  const machine = Object.hasOwn(notificationGroups.host, type) && machineId && `machine ${machineId}`;
  const subject = (instanceId ? `instance ${instanceId}` : machine) || (isPatrols ? 'the account' : undefined);
  const key = subject ? `${ended || (known?.openers[0] ?? type)} of ${subject}` : eventKey(endpoint, id);
  const isEnd = resolves && (ended !== '' || known?.resolvers[0] === type);
  const condition: Condition = { key, subject, resolves, isEnd };
  const opener = ended || known?.openers.join(' or ');
  return { condition, pair: resolves ? `resolves ${opener}` : known && `open until ${known.resolvers.join(' or ')}` };
}
