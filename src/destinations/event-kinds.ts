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
  const group = groups.find((name) => Object.hasOwn(notificationGroups[name].types, type));
  return group ? consolePages[group] : consolePage('Vast.ai', '');
}

/** Types about one condition, which is named after what opens it. */
const pairs: readonly (readonly [opener: NotificationType, resolver: NotificationType])[] = [
  ['instance_offline', 'instance_online'],
  ['outbid', 'instance_resumed'],
];

/** The condition that an event opens or resolves, and in words what its other side is. */
export function conditionOf({ id, type, endpoint, data, mentions = {} }: NotifiableEvent) {
  const isPatrols = endpoint === PATROL_ENDPOINT;
  // Patrol has one type for all ends and names what has ended. From elsewhere, that is any text.
  const ended = isPatrols && type === 'observed.cleared' ? (data as ObservedDataMap[typeof type]).condition.type : '';
  const opener = ended || pairs.find(([, resolver]) => resolver === type)?.[0];
  const resolver = pairs.find(([opener]) => opener === type)?.[1];
  const { instanceId, machineId } = mentions;
  const named = instanceId ? `instance ${instanceId}` : machineId && `machine ${machineId}`;
  const subject = named || (isPatrols ? 'the account' : undefined);
  const key = subject ? `${opener ?? type} of ${subject}` : eventKey(endpoint, id);
  const condition: Condition = { key, subject, resolves: opener !== undefined };
  return { condition, pair: opener ? `resolves ${opener}` : resolver && `open until ${resolver}` };
}
