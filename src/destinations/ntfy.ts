// ntfy (ntfy.sh, or a server of your own), as JSON posted to the server's root.

import { chat, dottedTitle, textWithDetails } from './chat.ts';
import { clip, jsonBytes } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { urlFromSecret } from './secure-url.ts';

/** 5 rings through, 2 is silent. */
const priorities = { good: 2, info: 3, warning: 4, critical: 5 } as const;

/** Posts to the topic `NTFY_URL`, with `NTFY_TOKEN` if it is set. */
export const ntfy = chat('ntfy', 'ntfy', (env, message) => {
  const url = urlFromSecret(env, 'NTFY_URL');
  const [, root, topic] = /^(.*\/)([\w-]{1,64})\/*$/.exec(url.pathname) ?? [];
  if (root === undefined || topic === undefined) throw new Error('the secret NTFY_URL does not end in a topic');
  url.pathname = root;
  const headers: HeadersInit = env.NTFY_TOKEN ? { Authorization: `Bearer ${env.NTFY_TOKEN.trim()}` } : {};
  return { url, payload: { topic, ...ntfyPayload(message) }, headers };
});

/**
 * Plain text: ntfy renders Markdown only where it is asked to. A message of more than 4,096 bytes
 * becomes an attachment, a title of more than 1,024 is refused (docs.ntfy.sh, "Limitations", and
 * the server's `config.go`). All the JSON may have 8,192, so escapes count as well.
 */
export function ntfyPayload(message: ChatMessage) {
  return {
    title: clip(dottedTitle(message), 1024, jsonBytes),
    message: textWithDetails(message, 4096, jsonBytes),
    priority: priorities[message.severity],
    click: message.link?.url,
  };
}
