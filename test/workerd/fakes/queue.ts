// A queue's producer in memory, as strict as the platform. Its `send` is a spy that a test can make
// fail.
import { vi } from 'vitest';
import { checkSend } from '../../platform/limits.ts';

export function fakeQueue() {
  const messages: string[] = [];

  const send = vi.fn(async (message: unknown, options?: QueueSendOptions): Promise<void> => {
    if (options?.contentType !== 'text') throw new TypeError('This fake takes text: the Worker sends nothing else.');
    checkSend(message, options.delaySeconds);
    messages.push(message);
  });

  return { messages, send, binding: { send } as unknown as Queue };
}
