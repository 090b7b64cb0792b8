// Slack, by an incoming webhook.
import { clip } from './clip.ts';
import type { DestinationContext } from './context.ts';
import type { ChatMessage } from './message.ts';
import { postToChat, severityDots } from './post-to-chat.ts';

/** Longest texts of header, section and context, in characters (docs.slack.dev, "Block Kit"). */
const MAX_HEADER = 150;
const MAX_SECTION = 3000;
const MAX_CONTEXT = 2000;

/**
 * Posts a message to the channel of `SLACK_WEBHOOK_URL`, once per event.
 *
 * @param step Names this post within the event. A handler that posts twice needs two names.
 * @throws as `post` does.
 */
export async function slack(context: DestinationContext, message: ChatMessage, step = 'slack'): Promise<void> {
  await postToChat(context, message, step, { name: 'Slack', secretName: 'SLACK_WEBHOOK_URL', payload: slackPayload });
}

/**
 * The event's texts are `plain_text`, in which Slack has no formatting, mentions or links, and are
 * escaped as well (docs.slack.dev, "Escaping text"). Only our own link is `mrkdwn`.
 */
export function slackPayload(message: ChatMessage) {
  const title = plain(`${severityDots[message.severity]} ${message.title}`, MAX_HEADER);
  const text = plain(message.text, MAX_SECTION);
  return {
    // Notifications show it instead of the blocks.
    text: title.text,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: title },
      // Slack refuses an empty section.
      ...(text.text === '' ? [] : [{ type: 'section', text }]),
      {
        type: 'context',
        elements: [plain(message.details, MAX_CONTEXT), ...(message.link ? [mrkdwnLink(message.link)] : [])],
      },
    ],
  };
}

function plain(text: string, limit: number) {
  return { type: 'plain_text', emoji: false, text: clip(escapeControl(text), limit, { unit: /&(?:amp|lt|gt);|./gsu }) };
}

function mrkdwnLink({ label, url }: { readonly label: string; readonly url: string }) {
  return { type: 'mrkdwn', text: `<${escapeControl(url).replaceAll('|', '%7C')}|${escapeControl(label)}>` };
}

function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
