// Telegram, by a bot.

import { chat, dottedTitle, textWithDetails } from './chat.ts';
import { clip, utf16Units } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { textFromSecret } from './secure-url.ts';

/** Posts as the bot of `TELEGRAM_BOT_TOKEN` to the chat `TELEGRAM_CHAT_ID`. */
export const telegram = chat('Telegram', 'telegram', (env, message) => {
  const token = textFromSecret(env, 'TELEGRAM_BOT_TOKEN');
  // Part of the URL: it must not lead anywhere else.
  if (!/^\d+:[\w-]+$/.test(token)) throw new Error('the secret TELEGRAM_BOT_TOKEN is not the token of a bot');
  const url = new URL(`https://api.telegram.org/bot${token}/sendMessage`);
  return { url, payload: { chat_id: textFromSecret(env, 'TELEGRAM_CHAT_ID'), ...telegramPayload(message) } };
});

/**
 * One `pre` entity covers the text. Telegram finds mentions, links and commands in plain text by
 * itself, but none inside `pre`, and nothing there has to be escaped ("Formatting options"). It may
 * have 4096 UTF-16 units (core.telegram.org/bots/api, "sendMessage").
 */
export function telegramPayload(message: ChatMessage) {
  const { link, severity } = message;
  const title = `${clip(dottedTitle(message), 256)}\n\n`;
  const text = title + textWithDetails(message, 4096 - title.length, utf16Units);
  return {
    text,
    entities: [{ type: 'pre', offset: 0, length: text.length }],
    disable_notification: severity === 'good' || severity === 'info',
    // Telegram refuses a button that leads to this machine.
    reply_markup: link?.url.startsWith('https:')
      ? { inline_keyboard: [[{ text: link.label, url: link.url }]] }
      : undefined,
  };
}
