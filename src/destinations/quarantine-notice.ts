// Tells the destinations of what was kept aside: a genuine delivery that was refused, or a message
// that nobody can read; not its payload.
import { refusalWords, unreadableWords } from '../event/refusal-words.ts';
import type { DestinationContext } from './context.ts';
import { detailsOf } from './message.ts';
import { type News, newsId, tellNews } from './notice.ts';
import { listLink, opsLink } from './ops-link.ts';

/** `type` is unknown, or `unreadable`, where its body is no event. */
export interface QuarantineNews extends News {
  /** When it arrived, in milliseconds since the epoch. */
  readonly receivedAt?: number | undefined;
  /** How long before that it was signed, in seconds. */
  readonly ageSeconds?: number | undefined;
}

const PREFIX = 'quarantined:';

/** Tells of one delivery that was kept aside; resolves and throws as `tellNews` does. */
export async function quarantineNotice(context: DestinationContext, news: QuarantineNews): Promise<number> {
  const { id, type = 'unreadable', endpoint, reason, receivedAt, ageSeconds } = news;
  const refused = `${id} is genuine, but ${refusalWords.get(reason) ?? `it was refused as ${reason}`}.`;
  const age = ageSeconds === undefined ? undefined : ageText(ageSeconds);
  return tellNews(context, PREFIX, {
    title: `Kept aside: ${type === 'unreadable' ? 'unreadable delivery' : type}`,
    text: `${unreadableWords.get(reason) ?? refused} No handler has seen it.`,
    details: detailsOf('quarantined', endpoint && `endpoint ${endpoint}`, age),
    link: opsLink(context.env, news),
    type: 'quarantined',
    id: newsId(PREFIX, news),
    data: { id, type, endpoint, reason, ageSeconds },
    created: new Date(receivedAt ?? Date.now()).toISOString(),
  });
}

/** Counts in one line those that were not told one by one: they were too many in an hour. */
export async function manyQuarantinedNotice(context: DestinationContext, count: number): Promise<number> {
  return tellNews(context, 'quarantined-more:', {
    title: `Kept aside: ${count} more ${count === 1 ? 'delivery' : 'deliveries'} in this hour`,
    text: '',
    details: 'quarantined · genuine, but no handler has seen them',
    link: listLink(context.env, 'quarantined'),
    type: 'quarantined_more',
    id: `${PREFIX}${crypto.randomUUID()}`,
    data: { count },
  });
}

function ageText(seconds: number): string {
  const length = Math.abs(seconds);
  const [size, unit] =
    length < 120 ? [1, 's'] : length < 7_200 ? [60, 'min'] : length < 172_800 ? [3_600, 'h'] : [86_400, 'days'];
  return `signed ${Math.floor(length / size)} ${unit} ${seconds < 0 ? 'after' : 'before'} it arrived`;
}
