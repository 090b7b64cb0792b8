// What has been queued or kept already: a filter that spares work, and a brake on whoever sends one
// delivery over and over. KV's "unknown" cannot be trusted (absence is cached), and it may be out
// altogether, so its failures are logged and ignored. Each isolate also remembers what it has sent:
// without KV, a delivery sent again costs at most one message for each isolate that meets it.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import {
  KV_TIMEOUT_MS,
  LOCAL_SEEN_TTL_SECONDS,
  QUARANTINED_TTL_SECONDS,
  REMEMBERED_IDS,
  SEEN_TTL_SECONDS,
  SEND_TIMEOUT_MS,
} from '../limits.ts';
import { log, platformError } from '../log.ts';
import type { SendFailure } from '../queue/enqueue.ts';
import { fail, type Result, succeed } from '../result.ts';
import { withTimeout } from '../with-timeout.ts';

/** Which fact: an event is in the queue, or a refused delivery of it has been kept today. */
type SeenAs = 'event' | 'quarantined';

const TTL_SECONDS: Record<SeenAs, number> = { event: SEEN_TTL_SECONDS, quarantined: QUARANTINED_TTL_SECONDS };

type Sending = Promise<Result<unknown, SendFailure>>;

/** What one isolate has sent, and is sending now. */
interface Memory {
  /** Until when an id counts as sent, in milliseconds since the epoch. */
  readonly sent: Map<string, number>;
  /** Of `sent`. Kept, because a new one would first pass by the places of all that have gone. */
  readonly oldest: Iterator<string, undefined>;
  readonly sending: Map<string, Sending>;
}

/** The memory belongs to a namespace: ids known in one mean nothing in another. */
const memories = new WeakMap<KVNamespace, Memory>();

function emptyMemory(): Memory {
  const sent = new Map<string, number>();
  return { sent, oldest: sent.keys(), sending: new Map() };
}

export class SeenIds {
  readonly #kv: KVNamespace;
  readonly #endpoint: string;
  readonly #longestTtlSeconds: number;
  readonly #memory: Memory;

  /** `isLocal`: the queue forgets at every restart, so ids must not be known for long. */
  constructor(kv: KVNamespace, endpoint: string, isLocal = false) {
    this.#kv = kv;
    this.#endpoint = endpoint;
    this.#longestTtlSeconds = isLocal ? LOCAL_SEEN_TTL_SECONDS : Number.POSITIVE_INFINITY;
    this.#memory = memories.get(kv) ?? emptyMemory();
    memories.set(kv, this.#memory);
  }

  /** Whether the id is known. A failing or hanging KV counts as not knowing it. */
  async has(as: SeenAs, id: string): Promise<boolean> {
    const key = this.#keyOf(as, id);
    if ((this.#memory.sent.get(key) ?? 0) > Date.now()) return true;
    try {
      return (await withTimeout(this.#kv.get(key), KV_TIMEOUT_MS)) !== null;
    } catch (error) {
      log('seen.unavailable', { id, reason: 'read', error: platformError(error) }, 'warn');
      return false;
    }
  }

  /**
   * Sends what this isolate has not sent, and remembers it. A copy that arrives meanwhile waits for
   * the outcome; `copy` means that another request has sent it.
   */
  async sendOnce(as: SeenAs, id: string, send: () => Sending): Promise<Result<'sent' | 'copy', SendFailure>> {
    const { sent, oldest, sending } = this.#memory;
    const key = this.#keyOf(as, id);
    const underWay = sending.get(key);
    if (underWay !== undefined) return this.#asCopy(key, underWay);
    if ((sent.get(key) ?? 0) > Date.now()) return succeed('copy');
    const sendingNow = send();
    sending.set(key, sendingNow);
    try {
      const outcome = await sendingNow;
      if (!outcome.ok) return outcome;
      sent.set(key, Date.now() + this.#ttlSeconds(as) * 1000);
      // The oldest goes first: whoever wants one forgotten must have as many genuine deliveries.
      if (sent.size > REMEMBERED_IDS) sent.delete(oldest.next().value ?? key);
      return succeed('sent');
    } finally {
      this.#forget(key, sendingNow);
    }
  }

  /**
   * The other request may be cut off and never tell: then the provider must send this one again,
   * which must not meet the other any more.
   */
  async #asCopy(key: string, underWay: Sending): Promise<Result<'copy', SendFailure>> {
    try {
      const outcome = await withTimeout(underWay, SEND_TIMEOUT_MS);
      return outcome.ok ? succeed('copy') : outcome;
    } catch (error) {
      this.#forget(key, underWay);
      return fail({ reason: 'queue_unavailable', error: platformError(error) });
    }
  }

  #forget(key: string, sending: Sending): void {
    if (this.#memory.sending.get(key) === sending) this.#memory.sending.delete(key);
  }

  /** Remembers the id in KV, once the queue has the event: an id marked too early loses it. */
  async mark(as: SeenAs, id: string): Promise<void> {
    try {
      await this.#kv.put(this.#keyOf(as, id), '1', { expirationTtl: this.#ttlSeconds(as) });
    } catch (error) {
      log('seen.unavailable', { id, reason: 'write', error: platformError(error) }, 'warn');
    }
  }

  #ttlSeconds(as: SeenAs): number {
    return Math.min(TTL_SECONDS[as], this.#longestTtlSeconds);
  }

  #keyOf(as: SeenAs, id: string): string {
    return `vastai:${as}${this.#endpoint === DEFAULT_ENDPOINT ? '' : `@${this.#endpoint}`}:${id}`;
  }
}
