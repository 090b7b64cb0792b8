// Google Chat, by a space's incoming webhook.
import { clip } from './clip.ts';
import type { DestinationContext } from './context.ts';
import type { ChatMessage } from './message.ts';
import { postToChat, severityDots } from './post-to-chat.ts';

/**
 * A message may have 32,000 bytes in all (developers.google.com/workspace/chat, "Send a message").
 * The title appears twice; what remains beside title and text is well under 2,000.
 */
const MAX_TITLE_BYTES = 1000;
const MAX_DETAILS_BYTES = 1000;
const MAX_TEXT_BYTES = 26_000;

/**
 * Posts a message to the space of `GOOGLE_CHAT_WEBHOOK_URL`, once per event.
 *
 * @param step Names this post within the event. A handler that posts twice needs two names.
 * @throws as `post` does.
 */
export async function googleChat(context: DestinationContext, message: ChatMessage, step = 'google-chat') {
  await postToChat(context, message, step, {
    name: 'Google Chat',
    secretName: 'GOOGLE_CHAT_WEBHOOK_URL',
    payload: googleChatPayload,
  });
}

/**
 * A card, because a text message has mentions (`<users/all>`) and links but no way to escape them.
 * A card's header is plain and its paragraph is a little HTML, which can be escaped.
 */
export function googleChatPayload(message: ChatMessage) {
  const title = shorten(`${severityDots[message.severity]} ${message.title}`, MAX_TITLE_BYTES);
  const { link } = message;
  const widgets = [
    ...(message.text !== '' ? [{ textParagraph: { text: html(message.text) } }] : []),
    ...(link ? [{ buttonList: { buttons: [{ text: link.label, onClick: { openLink: { url: link.url } } }] } }] : []),
  ];
  return {
    // Notifications show it instead of the card. Mentions work in it: replace their brackets.
    fallbackText: title.replaceAll('<', '‹').replaceAll('>', '›'),
    cardsV2: [
      {
        cardId: 'event',
        card: {
          header: { title, subtitle: shorten(message.details, MAX_DETAILS_BYTES) },
          // Google Chat refuses a section without widgets.
          ...(widgets.length > 0 && { sections: [{ widgets }] }),
        },
      },
    ],
  };
}

function html(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return clip(escaped.replaceAll('\n', '<br>'), MAX_TEXT_BYTES, {
    unit: /&(?:amp|lt|gt);|<br>|./gsu,
    sizeOf: jsonBytes,
  });
}

function shorten(text: string, limit: number): string {
  return clip(text, limit, { sizeOf: jsonBytes });
}

const encoder = new TextEncoder();

/** Bytes that a text takes inside a JSON string. */
function jsonBytes(text: string): number {
  return encoder.encode(JSON.stringify(text)).byteLength - 2;
}
