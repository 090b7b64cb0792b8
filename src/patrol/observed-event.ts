// The envelope of what patrol tells. Its id follows from what was seen and when, so that telling it
// twice is telling it once.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { Envelope } from '../event/envelope.ts';
import type { Mentions } from '../event/mentions.ts';
import type { Texts } from '../event/observed.ts';
import type { Instance } from '../vast/instances.ts';

export type ObservedEvent = Envelope<string, Texts & Record<string, unknown>>;

/** @param at When it was first seen, in milliseconds since the epoch. */
export function observedEvent(
  type: string,
  instance: Instance | null,
  data: Texts,
  at: number,
  id = `observed:${instance?.id ?? 'account'}:${type}:${Math.floor(at / 1000)}`,
): ObservedEvent {
  const created = new Date(at).toISOString();
  const event = { id, type, endpoint: PATROL_ENDPOINT, dialect: 'observed' as const, created, data: { ...data } };
  return instance ? { ...event, mentions: mentionsOf(instance) } : event;
}

function mentionsOf({ id, machine_id }: Instance): Mentions {
  return machine_id === null ? { instanceId: id } : { instanceId: id, machineId: machine_id };
}
