// Tells the destinations of a genuine delivery that was refused and kept aside; not its payload.
import { DEFAULT_ENDPOINT, eventKey } from '../endpoint.ts';
import { TIMESTAMP_TOLERANCE_SECONDS } from '../limits.ts';
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { type ChatMessage, plainText } from './message.ts';
import { opsLink, quarantineLink } from './ops-link.ts';

export interface QuarantineNews {
  readonly id: string;
  /** Unknown, or `unreadable`, where its body is no event. */
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly reason: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly receivedAt?: number | undefined;
  /** How long before that it was signed, in seconds. */
  readonly ageSeconds?: number | undefined;
}

const minutes = TIMESTAMP_TOLERANCE_SECONDS / 60;
const reasons: ReadonlyMap<string, string> = new Map([
  ['timestamp_stale', `it was signed more than ${minutes} minutes before it arrived`],
  ['timestamp_ahead', `it was signed more than ${minutes} minutes ahead of its arrival`],
  ['body_not_utf8', 'its body is not valid UTF-8 text'],
  ['body_not_json', 'its body is not JSON'],
  ['body_not_object', 'its body is JSON, but not an object'],
  ['event_invalid', 'its body has no usable id or type'],
  ['message_too_large', 'it is too large for a queue message'],
  ['message_too_deep', 'it is nested too deeply'],
]);

/**
 * Tells every configured destination of one delivery that was kept aside, with a link to its page
 * if `OPS_URL` is set: each once, provided that `context.once` belongs to the event.
 *
 * @returns How many destinations are configured.
 * @throws as `notifyAll` does.
 */
export async function quarantineNotice(context: DestinationContext, news: QuarantineNews): Promise<number> {
  const { id, type = 'unreadable', endpoint, reason, receivedAt, ageSeconds } = news;
  const why = reasons.get(reason) ?? `it was refused as ${reason}`;
  const created = new Date(receivedAt ?? Date.now()).toISOString();
  const message: ChatMessage = {
    severity: 'warning',
    title: plainText(`Kept aside: ${type === 'unreadable' ? 'unreadable delivery' : type}`),
    text: plainText(`${id} is genuine, but ${why}. No handler has seen it.`),
    details: ['quarantined', endpoint && `endpoint ${endpoint}`, ageSeconds !== undefined && ageText(ageSeconds)]
      .filter(Boolean)
      .join(' · '),
    link: opsLink(context.env, news),
    created,
    // It names the delivery, but not what the delivery says.
    confidential: false,
  };
  const key = `quarantined:${eventKey(endpoint ?? DEFAULT_ENDPOINT, id)}`;
  const data = { id, type, endpoint, reason, ageSeconds };
  return fanOut(context, message, { id: key, type: 'quarantined', created, data }, 'quarantined:');
}

/**
 * Counts the rest in one line, if too many were kept aside within an hour to tell of each.
 *
 * @param count Those that were not told one by one.
 * @returns How many destinations are configured.
 * @throws as `notifyAll` does.
 */
export async function manyQuarantinedNotice(context: DestinationContext, count: number): Promise<number> {
  const created = new Date().toISOString();
  const message: ChatMessage = {
    severity: 'warning',
    title: `Kept aside: ${count} more ${count === 1 ? 'delivery' : 'deliveries'} in this hour`,
    text: '',
    details: 'quarantined · genuine, but no handler has seen them',
    link: quarantineLink(context.env),
    created,
    confidential: false,
  };
  const id = `quarantined:${crypto.randomUUID()}`;
  return fanOut(context, message, { id, type: 'quarantined_more', created, data: { count } }, 'quarantined-more:');
}

function ageText(seconds: number): string {
  const length = Math.abs(seconds);
  const [size, unit] =
    length < 120 ? [1, 's'] : length < 7_200 ? [60, 'min'] : length < 172_800 ? [3_600, 'h'] : [86_400, 'days'];
  return `signed ${Math.floor(length / size)} ${unit} ${seconds < 0 ? 'after' : 'before'} it arrived`;
}
