// What the demo's Worker runs in place of src/handlers/, which is yours. Never deployed.
import { defineHandlers } from '../consumer/define-handlers.ts';
import { PermanentFailure } from '../failures.ts';

export const handlers = defineHandlers({
  instance_offline: async () => {
    throw new Error('the chat service did not answer');
  },

  billing_failed: async () => {
    throw new PermanentFailure('no such account');
  },

  fallback: async (_event, context) => {
    context.log('handler.ran');
  },
});

const toNobody = async (): Promise<void> => {};
export const notices = { dead: toNobody, quarantined: toNobody, manyQuarantined: toNobody };
