// A queue's producer in memory that refuses what the platform refuses.

const MAX_BYTES = 128_000;
const METADATA_BYTES = 100;
const MAX_DELAY_SECONDS = 86_400;

export class StrictQueue {
  messages: string[] = [];
  /** While set, every send fails. */
  out: boolean = false;

  readonly binding = {
    send: async (message: unknown, options?: QueueSendOptions) => this.#take(message, options),
    metrics: async () => ({ backlogCount: this.messages.length }),
  } as unknown as Queue;

  #take(message: unknown, options: QueueSendOptions = {}): void {
    if (this.out) throw new Error('Queue send failed: overloaded (10250)');
    if (options.contentType !== 'text' || typeof message !== 'string')
      throw new TypeError('not the text that was promised');
    if (Buffer.byteLength(message) + METADATA_BYTES > MAX_BYTES)
      throw new Error('Queue send failed: message too large');
    checkDelay(options.delaySeconds ?? 0);
    this.messages.push(message);
  }

  /** Takes out what has been sent. */
  drain(): string[] {
    const messages = this.messages;
    this.messages = [];
    return messages;
  }
}

/** @throws Error where the platform would refuse the delay. */
export function checkDelay(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_DELAY_SECONDS) {
    throw new Error(`a delay of ${seconds} seconds is outside the limits`);
  }
}
