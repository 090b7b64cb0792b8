// Google Chat, by a space's incoming webhook.

import { chat, dottedTitle, escapeEntities } from './chat.ts';
import { clip, jsonBytes } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { urlFromSecret } from './secure-url.ts';

/**
 * A message may have 32,000 bytes in all (developers.google.com/workspace/chat, "Send a message").
 * The title appears twice; what remains beside title and text is well under 2,000.
 */
const MAX_TITLE_BYTES = 1000;
const MAX_DETAILS_BYTES = 1000;
const MAX_TEXT_BYTES = 26_000;

/** Posts to `GOOGLE_CHAT_WEBHOOK_URL`. */
export const googleChat = chat('Google Chat', 'google-chat', (env, message) => ({
  url: urlFromSecret(env, 'GOOGLE_CHAT_WEBHOOK_URL'),
  payload: googleChatPayload(message),
}));

/**
 * A card, because a text message has mentions (`<users/all>`) and links but no way to escape them.
 * A card's header is plain and its paragraph is a little HTML, which can be escaped.
 */
export function googleChatPayload(message: ChatMessage) {
  const title = shorten(dottedTitle(message), MAX_TITLE_BYTES);
  const { text, link } = message;
  const widgets = [
    ...(text === '' ? [] : [{ textParagraph: { text: html(text) } }]),
    ...(link ? [{ buttonList: { buttons: [{ text: link.label, onClick: { openLink: { url: link.url } } }] } }] : []),
  ];
  const card = {
    header: { title, subtitle: shorten(message.details, MAX_DETAILS_BYTES) },
    // Google Chat refuses a section without widgets.
    ...(widgets.length > 0 && { sections: [{ widgets }] }),
  };
  return {
    // Notifications show it instead of the card. Mentions work in it: replace their brackets.
    fallbackText: title.replaceAll('<', '‹').replaceAll('>', '›'),
    cardsV2: [{ cardId: 'event', card }],
  };
}

function html(text: string): string {
  const markup = escapeEntities(text).replaceAll('\n', '<br>');
  return clip(markup, MAX_TEXT_BYTES, { unit: /&(?:amp|lt|gt);|<br>|./gsu, sizeOf: jsonBytes });
}

function shorten(text: string, limit: number): string {
  return clip(text, limit, { sizeOf: jsonBytes });
}
