// A queue's producer in memory, as strict as the platform: message size, delay. Its `send` is a spy that a test can make fail.
import { vi } from 'vitest';

const MAX_BYTES = 128_000;
const METADATA_BYTES = 100;
const MAX_DELAY_SECONDS = 86_400;

export function fakeQueue() {
  const messages: string[] = [];

  const send = vi.fn(async (message: unknown, options?: QueueSendOptions): Promise<void> => {
    if (options?.contentType !== 'text' || typeof message !== 'string') {
      throw new TypeError('This fake takes text, the one content type that the Worker sends.');
    }
    const bytes = new TextEncoder().encode(message).byteLength + METADATA_BYTES;
    if (bytes > MAX_BYTES)
      throw new Error(`Queue send failed: message length of ${bytes} bytes exceeds limit of 128000.`);
    const delay = options.delaySeconds ?? 0;
    if (!Number.isInteger(delay) || delay < 0 || delay > MAX_DELAY_SECONDS) {
      throw new Error(`Queue send failed: delay of ${delay} seconds is outside the limits.`);
    }
    messages.push(message);
  });

  return { messages, send, binding: { send } as unknown as Queue };
}
