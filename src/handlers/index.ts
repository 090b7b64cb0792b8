// Your handlers: the one file to edit.
//
// Write a function under the name of an event type (your editor lists them); everything else goes
// to `fallback`. Throw to have it retried with growing delays, `new PermanentFailure(…)` to give up
// at once, `new RetryLater(seconds)` to choose the delay. A handler has 30 seconds.
import { defineHandlers } from '../consumer/define-handlers.ts';
import { notifyAll } from '../destinations/notify-all.ts';

export const handlers = defineHandlers({
  outbid: async (event, context) => {
    // Your own reaction goes here, such as a higher bid. event.data.message has Vast.ai's text.
    await notifyAll(context, event);
  },

  // Every other type, also those that Vast.ai has yet to invent. Goes to the destinations that have
  // a secret: `npx wrangler secret put NTFY_URL` is all it takes (src/destinations/README.md).
  fallback: async (event, context) => {
    await notifyAll(context, event);
  },
});
