// What the tests' Worker runs in place of everything in src/handlers/, which is the user's: it asks
// nobody and tells nobody. Whatever src/index.ts imports from there, this file exports (see
// test/own-handlers.ts).
import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import { defineNotices } from '../../src/consumer/define-notices.ts';

export const handlers = defineHandlers({
  outbid: (_event, context) => context.log('handler.ran'),
  instance_created: async (_event, context) => {
    const look = await context.instance();
    context.log('handler.ran', { note: look.kind === 'known' ? `saw ${look.instance.label}` : look.reason });
  },
  fallback: (_event, context) => context.log('handler.ran'),
});

export const notices = defineNotices({ dead: () => {}, quarantined: () => {}, manyQuarantined: () => {} });
