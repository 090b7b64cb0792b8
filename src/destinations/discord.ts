// Discord, by a channel's webhook.

import { chat } from './chat.ts';
import { clip } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { urlFromSecret } from './secure-url.ts';

const colors = { good: 0x2e_cc_71, info: 0x34_98_db, warning: 0xe6_7e_22, critical: 0xe7_4c_3c } as const;

/** Posts to `DISCORD_WEBHOOK_URL`. */
export const discord = chat('Discord', 'discord', (env, message) => {
  const url = urlFromSecret(env, 'DISCORD_WEBHOOK_URL');
  // Without a version it is 6, by whose Retry-After milliseconds would be waited for as seconds.
  url.pathname = url.pathname.replace('/api/webhooks/', '/api/v10/webhooks/');
  // Without it, Discord answers 204 even to a message that it then drops.
  url.searchParams.set('wait', 'true');
  return { url, payload: discordPayload(message) };
});

/**
 * The event's texts are escaped Markdown, and nothing in the message may mention anybody. Limits
 * are in characters (discord.com/developers/docs, "Embed Limits"): 256 for a title, 4096 for a
 * description, 2048 for a footer, but 6000 for all three.
 */
export function discordPayload(message: ChatMessage) {
  const { severity, title, text, details, link, created } = message;
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: markdown(title, 256),
        description: markdown(text, 4096) || undefined,
        color: colors[severity],
        url: link?.url,
        // A footer has no Markdown.
        footer: { text: clip(details, 1024) },
        timestamp: created,
      },
    ],
  };
}

/**
 * What starts Markdown: emphasis, code, spoilers, links, mentions, emoji and timestamps anywhere;
 * headings, quotes and lists at the start of a line. A backslash makes it plain text
 * (support.discord.com, "Markdown Text 101").
 */
const CONSTRUCT = /[\\*_~`|[\]<@]|:(?=\/\/|\w+:)|(?<=^[^\S\n]*)[#>-]|(?<=^[^\S\n]*\d+)\./gm;

function markdown(text: string, limit: number): string {
  return clip(text.replace(CONSTRUCT, '\\$&'), limit);
}
