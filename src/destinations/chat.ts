// What all chats share: confidential messages stay out, and each message is a step that runs once.
import type { DestinationSecrets } from '../env.ts';
import { clip } from './clip.ts';
import type { DestinationContext } from './context.ts';
import { type ChatMessage, withInstance } from './message.ts';
import { type Post, post } from './post.ts';

/** Where a message goes, and the JSON that the chat takes. */
type Request = Pick<Post, 'url' | 'headers'> & { readonly payload: unknown };

/**
 * A function that posts a message once per event and step; it throws as `post` does.
 *
 * @param request Throws where a secret is missing or malformed.
 */
export function chat(
  name: string,
  ownStep: string,
  request: (env: DestinationSecrets, message: ChatMessage) => Request,
) {
  return async (context: DestinationContext, message: ChatMessage, step = ownStep): Promise<void> => {
    if (message.confidential) return context.log('destination.withheld', { note: name, reason: 'confidential' });
    await context.once(step, async () => {
      const shown = withInstance(message, await context.instance?.());
      const { payload, ...address } = request(context.env, shown);
      await post(context, { to: name, body: JSON.stringify(payload), ...address });
    });
  };
}

const severityDots = { good: '🟢', info: '🔵', warning: '🟠', critical: '🔴' } as const;

/** The title for chats whose messages have no colours of their own. */
export function dottedTitle({ severity, title }: ChatMessage): string {
  return `${severityDots[severity]} ${title}`;
}

/** Text and small print for chats with one place for both. What does not fit is the text's end. */
export function textWithDetails({ text, details }: ChatMessage, limit: number, sizeOf: (text: string) => number) {
  const print = clip(details, limit / 4, sizeOf);
  return [clip(text, limit - sizeOf(`\n\n${print}`), sizeOf), print].filter(Boolean).join('\n\n');
}

/** The text with entities for what opens markup in Slack and in Google Chat. */
export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
