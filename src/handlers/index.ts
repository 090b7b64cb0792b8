// Your handlers: the one file to edit. Each event arrives here once it is proven, queued and not yet processed.
//
// Write a function under the name of an event type (your editor lists them); everything else goes to `fallback`.
// Throw to have it tried again with growing delays, `new PermanentFailure(…)` to give up at once,
// `new RetryLater(seconds)` to choose the delay. A handler has 30 seconds.
import { defineHandlers } from '../consumer/define-handlers.ts';

export const handlers = defineHandlers({
  outbid: async (event, context) => {
    // event.data.subject and event.data.message hold Vast.ai's text, for example to pass on to a chat.
    context.log('handler.outbid', { id: event.id, note: 'raise the bid, or let the instance go' });
  },

  low_credit: async (event, context) => {
    context.log('handler.low_credit', { id: event.id, note: 'top up before instances stop' });
  },

  // Every type without a handler of its own, and those that Vast.ai has yet to invent.
  fallback: async (event, context) => {
    context.log('handler.fallback', { id: event.id, type: event.type });
  },
});
