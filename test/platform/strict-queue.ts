// A queue's producer in memory that refuses what the platform refuses.
import { checkSend } from './limits.ts';

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
    if (options.contentType !== 'text') throw new TypeError('not the text that was promised');
    checkSend(message, options.delaySeconds);
    this.messages.push(message);
  }

  /** Takes out what has been sent. */
  drain(): string[] {
    const messages = this.messages;
    this.messages = [];
    return messages;
  }
}
