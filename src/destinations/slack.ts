// Slack, by an incoming webhook.

import { chat, dottedTitle, escapeEntities } from './chat.ts';
import { clip } from './clip.ts';
import type { Link } from './event-kinds.ts';
import type { ChatMessage } from './message.ts';
import { urlFromSecret } from './secure-url.ts';

/** Posts to `SLACK_WEBHOOK_URL`. */
export const slack = chat('Slack', 'slack', (env, message) => ({
  url: urlFromSecret(env, 'SLACK_WEBHOOK_URL'),
  payload: slackPayload(message),
}));

/**
 * The event's texts are `plain_text`, in which Slack has no formatting, mentions or links, and are
 * escaped as well (docs.slack.dev, "Escaping text"). Only our own link is `mrkdwn`. The limits of
 * header, section and context are in characters ("Block Kit").
 */
export function slackPayload(message: ChatMessage) {
  const { text, details, link } = message;
  const title = plain(dottedTitle(message), 150);
  return {
    // Notifications show it instead of the blocks.
    text: title.text,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: title },
      // Slack refuses an empty section.
      ...(text ? [{ type: 'section', text: plain(text, 3000) }] : []),
      { type: 'context', elements: [plain(details, 2000), ...(link ? [markupOf(link)] : [])] },
    ],
  };
}

function plain(text: string, limit: number) {
  return { type: 'plain_text', emoji: false, text: clip(escapeEntities(text), limit) };
}

function markupOf({ label, url }: Link) {
  return { type: 'mrkdwn', text: `<${escapeEntities(url).replaceAll('|', '%7C')}|${escapeEntities(label)}>` };
}
