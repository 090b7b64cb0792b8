// News of our own, told to every configured destination like an urgent event. Each throws as
// `notifyAll` does.
import { duration } from '../duration.ts';
import type { Secrets } from '../env.ts';
import { isConfidential } from '../event/catalogue.ts';
import type { DeadEvent, KeptDelivery } from '../event/news.ts';
import { refusalWords, unreadableWords } from '../event/refusal-words.ts';
import { secureUrl } from '../this-machine.ts';
import type { DestinationContext } from './context.ts';
import type { Link } from './event-kinds.ts';
import { type ChatMessage, detailsOf, plainText } from './message.ts';
import { fanOut } from './notify-all.ts';

/** Tells of events that were given up, in one message. */
export async function deadLetterNotice(context: DestinationContext, events: readonly DeadEvent[]): Promise<void> {
  // The error of a handler that dealt with a secret link may quote it.
  const dead = events.map((event) => (isConfidential(event.type) ? { ...event, error: undefined } : event));
  const lines = dead.flatMap(({ type, id, reason, error }) => [
    `${type}: ${id} could not be handled (${reason}).`,
    plainText(error),
  ]);
  const [one] = dead.length === 1 ? dead : [];
  await tellNews(context, one ? 'dead_letter' : 'dead_letters', {
    title: one ? `Dead letter: ${one.type}` : `Dead letters: ${dead.length} events`,
    text: lines.filter(Boolean).join('\n'),
    details: detailsOf(one && `endpoint ${one.endpoint}`, 'fix the cause, then replay'),
    link: one
      ? opsLink(context.env, 'event', { id: one.id, endpoint: one.endpoint })
      : opsLink(context.env, 'events', { status: 'dead' }),
    data: one ?? { events: dead },
  });
}

/** Tells of one delivery, or of one message that nobody can read, that was kept aside. */
export async function quarantineNotice(context: DestinationContext, delivery: KeptDelivery): Promise<void> {
  const { id, type, endpoint, reason, receivedAt, ageSeconds } = delivery;
  const refused = `${id} is genuine, but ${refusalWords.get(reason) ?? `it was refused as ${reason}`}.`;
  // What arrived within the second it was signed in is not late.
  const length = ageSeconds && duration(Math.abs(ageSeconds) * 1000);
  const age = length && `signed ${length} ${ageSeconds < 0 ? 'after' : 'before'} it arrived`;
  await tellNews(context, 'quarantined', {
    title: `Kept aside: ${type === 'unreadable' ? 'unreadable delivery' : type}`,
    text: `${unreadableWords.get(reason) ?? refused} No handler has seen it.`,
    details: detailsOf(`endpoint ${endpoint}`, age || ''),
    link: opsLink(context.env, 'event', { id, endpoint }),
    data: { id, type, endpoint, reason, ageSeconds },
    created: new Date(receivedAt).toISOString(),
  });
}

/** Counts in one line those that were not told one by one: they were too many in an hour. */
export async function manyQuarantinedNotice(context: DestinationContext, count: number): Promise<void> {
  await tellNews(context, 'quarantined_more', {
    title: `Kept aside: ${count} more ${count === 1 ? 'delivery' : 'deliveries'} in this hour`,
    text: '',
    details: 'genuine, but no handler has seen them',
    link: opsLink(context.env, 'events', { status: 'quarantined' }),
    data: { count },
  });
}

/** `data` is what the forward gets beside it. */
type Notice = Pick<ChatMessage, 'title' | 'text' | 'details' | 'link'> & { data: object; created?: string };

async function tellNews(context: DestinationContext, type: string, notice: Notice): Promise<void> {
  const { data, created = new Date().toISOString(), ...texts } = notice;
  const id = context.idempotencyKey;
  const condition = { key: id, resolves: false };
  // Not confidential: it names the event, but does not tell what the event says.
  const message: ChatMessage = { ...texts, severity: 'critical', created, confidential: false, condition };
  await fanOut(context, message, { id, type, created, data });
}

/**
 * A page of `/ops`; undefined unless `OPS_URL` is an address by https or on this machine. It lets
 * nobody in: the page asks for a password.
 */
export function opsLink(
  { OPS_URL }: Pick<Secrets, 'OPS_URL'>,
  page: 'event' | 'events',
  query: Record<string, string>,
): Link | undefined {
  const root = secureUrl(OPS_URL);
  // No part of it but the address: a user name or a password in it would be posted to the chats.
  const url = root && `${root.origin}${root.pathname.replace(/\/+$/, '')}/${page}?${new URLSearchParams(query)}`;
  return url ? { label: 'Open the ops page', url } : undefined;
}
