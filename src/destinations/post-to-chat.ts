// What all chats share: confidential messages stay out, and each message is a step that runs once.
import type { DestinationContext } from './context.ts';
import { type ChatMessage, withInstance } from './message.ts';
import { post } from './post.ts';
import { urlFromSecret } from './secure-url.ts';

interface Chat {
  readonly name: string;
  readonly secretName: 'SLACK_WEBHOOK_URL' | 'DISCORD_WEBHOOK_URL' | 'GOOGLE_CHAT_WEBHOOK_URL';
  /** The JSON that the chat takes. */
  readonly payload: (message: ChatMessage) => unknown;
  /** Added to the URL's query. */
  readonly query?: Readonly<Record<string, string>>;
}

export async function postToChat(context: DestinationContext, message: ChatMessage, step: string, chat: Chat) {
  if (message.confidential) {
    context.log('destination.withheld', { note: chat.name, reason: 'confidential' });
    return;
  }
  await context.once(step, async () => {
    const url = urlFromSecret(chat.secretName, context.env[chat.secretName]);
    for (const [name, value] of Object.entries(chat.query ?? {})) url.searchParams.set(name, value);
    const shown = withInstance(message, await context.instance?.());
    await post(context, { to: chat.name, url, body: JSON.stringify(chat.payload(shown)) });
  });
}

const severityDots = { good: '🟢', info: '🔵', warning: '🟠', critical: '🔴' } as const;

/** The title for chats whose messages have no colours of their own. */
export function dottedTitle({ severity, title }: ChatMessage): string {
  return `${severityDots[severity]} ${title}`;
}

/** The text with entities for what opens markup in Slack and in Google Chat. */
export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
