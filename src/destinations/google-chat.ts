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
  const title = clip(dottedTitle(message), MAX_TITLE_BYTES, jsonBytes);
  const text = clip(escapeEntities(message.text).replaceAll('\n', '<br>'), MAX_TEXT_BYTES, jsonBytes);
  const { details, link } = message;
  const widgets = [
    ...(text ? [{ textParagraph: { text } }] : []),
    ...(link ? [{ buttonList: { buttons: [{ text: link.label, onClick: { openLink: { url: link.url } } }] } }] : []),
  ];
  const card = {
    header: { title, subtitle: clip(details, MAX_DETAILS_BYTES, jsonBytes) },
    // Google Chat refuses a section without widgets.
    sections: widgets.length > 0 ? [{ widgets }] : undefined,
  };
  return {
    // Notifications show it instead of the card. Mentions work in it: replace their brackets.
    fallbackText: title.replaceAll('<', '‹').replaceAll('>', '›'),
    cardsV2: [{ cardId: 'event', card }],
  };
}
