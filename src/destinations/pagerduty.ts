// PagerDuty, by its Events API v2. What resolves a condition ends the alert that its opening began.

import { chat } from './chat.ts';
import { clip } from './clip.ts';
import type { ChatMessage } from './message.ts';
import { textFromSecret } from './secure-url.ts';

/** Posts to the service of `PAGERDUTY_ROUTING_KEY`. */
export const pagerduty = chat('PagerDuty', 'pagerduty', (env, message) => ({
  url: new URL('https://events.pagerduty.com/v2/enqueue'),
  payload: { routing_key: textFromSecret(env, 'PAGERDUTY_ROUTING_KEY'), ...pagerdutyPayload(message) },
}));

/**
 * PagerDuty drops what resolves an alert that is not open. Limits are in characters ("Send an Alert
 * Event"); no event fills the 512 KB that there are for all.
 */
export function pagerdutyPayload(message: ChatMessage) {
  const { severity, title, text, details, link, created, condition } = message;
  return {
    event_action: condition.resolves ? 'resolve' : 'trigger',
    // What tells long ones apart stands at the end: an id.
    dedup_key: condition.key.slice(-255),
    payload: {
      summary: clip(title, 1024),
      source: condition.subject ?? 'Vast.ai',
      severity: severity === 'good' ? 'info' : severity,
      custom_details: { text, details },
      timestamp: created,
    },
    links: link && [{ href: link.url, text: link.label }],
  };
}
