// News of our own, told to every configured destination like an urgent event. Each resolves to how
// many are configured, and throws as `notifyAll` does.
import { isConfidential } from '../event/catalogue.ts';
import type { DeadEvent, KeptDelivery } from '../event/news.ts';
import { refusalWords, unreadableWords } from '../event/refusal-words.ts';
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { type ChatMessage, detailsOf, plainText } from './message.ts';
import { opsLink } from './ops-link.ts';

/** Tells of events that were given up, in one message. */
export async function deadLetterNotice(context: DestinationContext, events: readonly DeadEvent[]): Promise<number> {
  const dead = events.map(({ error, ...event }) => {
    // The error of a handler that dealt with a secret link may quote it.
    return isConfidential(event.type) ? event : { ...event, error };
  });
  const texts = dead.map(({ id, reason, ...more }) =>
    [`${id} could not be handled (${reason}).`, 'error' in more && more.error].filter(Boolean).join('\n'),
  );
  const [event] = dead;
  if (event === undefined || dead.length > 1) {
    return tellNews(context, 'dead_letters', {
      title: `Dead letters: ${dead.length} events`,
      text: dead.map(({ type }, index) => `${type}: ${texts[index]}`).join('\n'),
      details: 'dead letters · fix the cause, then replay them',
      link: opsLink(context.env, 'events', { status: 'dead' }),
      data: { events: dead },
    });
  }
  const { id, type, endpoint } = event;
  return tellNews(context, 'dead_letter', {
    title: `Dead letter: ${type}`,
    text: texts.join(),
    details: `dead letter · endpoint ${endpoint} · fix the cause, then replay it`,
    link: opsLink(context.env, 'event', { id, endpoint }),
    data: event,
  });
}

/** Tells of one delivery, or of one message that nobody can read, that was kept aside. */
export async function quarantineNotice(context: DestinationContext, delivery: KeptDelivery): Promise<number> {
  const { id, type, endpoint, reason, receivedAt, ageSeconds } = delivery;
  const refused = `${id} is genuine, but ${refusalWords.get(reason) ?? `it was refused as ${reason}`}.`;
  return tellNews(context, 'quarantined', {
    title: `Kept aside: ${type === 'unreadable' ? 'unreadable delivery' : type}`,
    text: `${unreadableWords.get(reason) ?? refused} No handler has seen it.`,
    details: detailsOf('quarantined', `endpoint ${endpoint}`, ageSeconds === undefined ? '' : ageText(ageSeconds)),
    link: opsLink(context.env, 'event', { id, endpoint }),
    data: { id, type, endpoint, reason, ageSeconds },
    created: new Date(receivedAt).toISOString(),
  });
}

/** Counts in one line those that were not told one by one: they were too many in an hour. */
export async function manyQuarantinedNotice(context: DestinationContext, count: number): Promise<number> {
  return tellNews(context, 'quarantined_more', {
    title: `Kept aside: ${count} more ${count === 1 ? 'delivery' : 'deliveries'} in this hour`,
    text: '',
    details: 'quarantined · genuine, but no handler has seen them',
    link: opsLink(context.env, 'events', { status: 'quarantined' }),
    data: { count },
  });
}

/** `data` is what the forward gets beside it. */
type Notice = Pick<ChatMessage, 'title' | 'text' | 'details' | 'link'> & { data: object; created?: string };

function tellNews(context: DestinationContext, type: string, notice: Notice): Promise<number> {
  const { data, created = new Date().toISOString(), title, text, ...rest } = notice;
  const id = context.idempotencyKey;
  // Not confidential: it names the event, but does not tell what the event says.
  const texts = { ...rest, title: plainText(title), text: plainText(text), created, confidential: false };
  const message = { ...texts, severity: 'critical', condition: { key: id, resolves: false } } as const;
  return fanOut(context, message, { id, type, created, data });
}

function ageText(seconds: number): string {
  const length = Math.abs(seconds);
  const [size, unit] =
    length < 120 ? [1, 's'] : length < 7_200 ? [60, 'min'] : length < 172_800 ? [3_600, 'h'] : [86_400, 'days'];
  return `signed ${Math.floor(length / size)} ${unit} ${seconds < 0 ? 'after' : 'before'} it arrived`;
}
