// Google Chat, by a space's incoming webhook.

import { chat, dottedTitle, escapeEntities } from './chat.ts';
import { clip, jsonBytes } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { urlFromSecret } from './secure-url.ts';

/** Posts to `GOOGLE_CHAT_WEBHOOK_URL`. */
export const googleChat = chat('Google Chat', 'google-chat', (env, message) => ({
  url: urlFromSecret(env, 'GOOGLE_CHAT_WEBHOOK_URL'),
  payload: googleChatPayload(message),
}));

/**
 * A card, because a text message has mentions (`<users/all>`) and links but no way to escape them.
 * A card's header is plain and its paragraph is a little HTML, which can be escaped. A message may
 * have 32,000 bytes in all (developers.google.com/workspace/chat, "Send a message"): the title
 * appears twice, and what remains beside title, details and text is well under 2,000.
 */
export function googleChatPayload(message: ChatMessage) {
  const title = clip(dottedTitle(message), 1000, jsonBytes);
  const text = clip(escapeEntities(message.text).replaceAll('\n', '<br>'), 26_000, jsonBytes);
  const { details, link } = message;
  const widgets = [
    ...(text ? [{ textParagraph: { text } }] : []),
    ...(link ? [{ buttonList: { buttons: [{ text: link.label, onClick: { openLink: { url: link.url } } }] } }] : []),
  ];
  const card = {
    header: { title, subtitle: clip(details, 1000, jsonBytes) },
    // Google Chat refuses a section without widgets.
    sections: widgets.length > 0 ? [{ widgets }] : undefined,
  };
  return {
    // Notifications show it instead of the card. Mentions work in it: replace their brackets.
    fallbackText: title.replaceAll('<', '‹').replaceAll('>', '›'),
    cardsV2: [{ card }],
  };
}
