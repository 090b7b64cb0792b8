// Cloudflare Queues as documented: at least once, in no order, with delays, redelivery after a
// crash, a limit of tries and a dead-letter queue behind it. Acks and retries count when an
// invocation ends.
import { checkSend } from '../platform/limits.ts';
import type { Actor, Platform } from './platform.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  /** Deliveries so far. */
  attempts: number;
  visibleAt: number;
}

export type Verdict = { readonly kind: 'ack' } | { readonly kind: 'retry'; readonly delayMs: number };

/** What an invocation has said about its messages. */
export type Verdicts = Map<string, Verdict>;

export class ModelQueue {
  readonly name: string;
  readonly maxRetries: number;
  readonly deadLetters: ModelQueue | undefined;
  messages: QueuedMessage[] = [];
  readonly #platform: Platform;
  #sent = 0;
  /** How long a message is kept, in milliseconds: 24 h on the Free plan, 4 days otherwise. */
  retentionMs = 4 * 86_400_000;
  /** Called when a message has outlived the retention. Nobody else is told. */
  onExpired: (body: string) => void = () => {};
  /** Called when a message is in the queue for good. */
  onTaken: (body: string) => void = () => {};

  constructor(platform: Platform, name: string, maxRetries: number, deadLetters?: ModelQueue) {
    this.#platform = platform;
    this.name = name;
    this.maxRetries = maxRetries;
    this.deadLetters = deadLetters;
  }

  /** The producer binding as one actor sees it. */
  bind(actor: Actor): Queue {
    return {
      send: (body: string, options: { delaySeconds?: number } = {}) =>
        this.#platform.call(actor, 'queue', `${this.name}.send`, () => this.take(body, options.delaySeconds ?? 0)),
    } as unknown as Queue;
  }

  take(body: string, delaySeconds: number): void {
    checkSend(body, delaySeconds);
    const { now } = this.#platform.time;
    this.#sent += 1;
    const id = `${this.name}-${this.#sent}`;
    this.messages.push({ id, body, sentAt: now, attempts: 0, visibleAt: now + delaySeconds * 1_000 });
    this.onTaken(body);
    this.#wake(now + delaySeconds * 1_000);
  }

  visible(): QueuedMessage[] {
    const oldest = this.#platform.time.now - this.retentionMs;
    for (const message of this.messages.filter(({ sentAt }) => sentAt < oldest)) {
      this.#platform.note(`${this.name} loses ${message.id}, which is too old`);
      this.#remove(message);
      this.onExpired(message.body);
    }
    return this.messages.filter((message) => message.visibleAt <= this.#platform.time.now);
  }

  /**
   * Takes messages out for one invocation, in any order. Once in a while one stays visible, and is
   * delivered twice at once; or it stands in the batch twice.
   */
  deliver(): { readonly message: QueuedMessage; readonly attempts: number }[] {
    const { choices, time } = this.#platform;
    const ready = this.visible();
    const batch: QueuedMessage[] = [];
    for (let size = 1 + choices.below(Math.min(ready.length, 4)); size > 0; size -= 1) {
      const taken = ready.splice(choices.below(ready.length), 1);
      batch.push(...taken, ...(choices.chance(3) ? taken : []));
    }
    for (const message of new Set(batch)) message.attempts += 1;
    return batch.map((message) => {
      if (!choices.chance(5)) message.visibleAt = Number.POSITIVE_INFINITY;
      else this.#platform.note(`${this.name} will deliver ${message.id} a second time at once`);
      return { message, attempts: message.attempts, at: time.now };
    });
  }

  /** Applies what an invocation said. A message about which nothing is said comes back at once. */
  conclude(delivered: readonly QueuedMessage[], verdicts: Verdicts): void {
    for (const message of delivered) {
      const verdict = verdicts.get(message.id) ?? { kind: 'retry', delayMs: 0 };
      if (!this.messages.includes(message)) continue;
      if (verdict.kind === 'ack') this.#remove(message);
      else this.#comeBack(message, verdict.delayMs);
    }
  }

  #comeBack(message: QueuedMessage, delayMs: number): void {
    const { time, choices } = this.#platform;
    if (message.attempts > this.maxRetries) {
      this.#remove(message);
      // Whether a dead letter keeps its id is measured locally and documented nowhere: model both.
      const id = choices.chance(30) ? `${message.id}-moved` : message.id;
      this.deadLetters?.messages.push({ ...message, id, sentAt: time.now, attempts: 0, visibleAt: time.now });
      this.#platform.note(`${this.name} moves ${message.id} to the dead letters`);
      return;
    }
    message.visibleAt = time.now + delayMs;
    this.#wake(message.visibleAt);
  }

  /** Loses messages, as a purge or an expired retention does. */
  purge(losable: (message: QueuedMessage) => boolean): void {
    this.messages = this.messages.filter((message) => !losable(message));
  }

  #remove(message: QueuedMessage): void {
    this.messages = this.messages.filter((other) => other !== message);
  }

  /** A timer for nothing but time to have something to move to. */
  #wake(at: number): void {
    if (at > this.#platform.time.now) this.#platform.time.at(at, () => {});
  }
}
