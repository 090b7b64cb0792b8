// News of an event or a delivery, told like an event of its own, without its payload.
import { DEFAULT_ENDPOINT, eventKey } from '../endpoint.ts';
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { type ChatMessage, plainText } from './message.ts';

/** What the news is about, as far as it is known. */
export interface News {
  readonly id: string;
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly reason: string;
}

/** A message, and what the forward gets beside it. */
interface Notice extends Pick<ChatMessage, 'title' | 'text' | 'details' | 'link'> {
  readonly type: string;
  readonly id: string;
  readonly data: object;
  readonly created?: string;
}

/**
 * Tells every configured destination once, provided that `context.once` belongs to what the news is
 * about, under steps of its own. Resolves to how many are configured; throws as `notifyAll` does.
 */
export function tellNews(context: DestinationContext, prefix: string, notice: Notice): Promise<number> {
  const { type, id, data, created = new Date().toISOString(), title, text, ...rest } = notice;
  // Not confidential: it names the event, but does not tell what the event says.
  const texts = { ...rest, title: plainText(title), text: plainText(text), created, confidential: false };
  const message = { ...texts, severity: 'critical', condition: { key: id, resolves: false } } as const;
  return fanOut(context, message, { id, type, created, data }, {}, prefix);
}

/** The id of news about an event. */
export function newsId(prefix: string, { id, endpoint = DEFAULT_ENDPOINT }: News): string {
  return `${prefix}${eventKey(endpoint, id)}`;
}
