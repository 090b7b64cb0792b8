// The one shape that everything behind the edge knows, whichever dialect an event arrived in.
import type { Instance } from '../vast/instances.ts';
import type { NotificationType, ResourceType } from './catalogue.ts';
import type { Dialect } from './dialect.ts';
import type { Mentions } from './mentions.ts';
import type { ObservedDataMap } from './observed.ts';

/**
 * A notification's signed body less id, type and time. Instances and machines are named only in the
 * English text, whose wording changes: `mentions` is what can be read from it. The edge does not
 * enforce these types: refusing an authentic event over a missing text would lose it.
 */
export interface NotificationData {
  subject: string;
  message: string;
  user_id?: number;
  /** Only in what patrol tells: the instance as it is, and as it was at the look before. */
  instance?: Instance;
  before?: Instance;
}

/** What a resource event carries: the body's `data`, whose fields are the sender's. */
export type ResourceData = Record<string, unknown>;

/** From type name to data type. Every other event type below is derived from this map. */
export type EventDataMap = { [Type in NotificationType]: NotificationData } & {
  [Type in ResourceType]: ResourceData;
} & ObservedDataMap;

export type EventType = keyof EventDataMap;
export type EventDataOf<Type extends EventType> = EventDataMap[Type];

/** An event of a type from the catalogue. */
export type VastaiEvent<Type extends EventType = EventType> = {
  [Each in Type]: Envelope<Each, EventDataOf<Each>>;
}[Type];

/** An event of any type, known or not yet: what the fallback handler gets. */
export type AnyEvent = Envelope<string, Record<string, unknown>>;

export interface Envelope<Type extends string, Data> {
  /** The provider's id, from the signed body: the same for every copy and retry. Or patrol's. */
  readonly id: string;
  readonly type: Type;
  /** Who received it: `default` for `/webhooks/vastai`, else the path's last part; or `patrol`. */
  readonly endpoint: string;
  readonly dialect: Dialect;
  /** ISO 8601, from the body, or from the timestamp header where the body has no usable time. */
  readonly created: string;
  readonly data: Data;
  /** The instance and the machine that the text names, where it names exactly one. No proof. */
  readonly mentions?: Mentions;
  /** Top-level fields of a `resource` body that have no place in the envelope, if any. */
  readonly extra?: Record<string, unknown>;
}
