// What ten thousand events within a minute ask of a deployment, from Cloudflare's documented limits
// and from what the ledger was measured to bear. A model: no I/O.

/** https://developers.cloudflare.com/queues/platform/limits/ */
const QUEUE_MESSAGES_PER_SECOND = 5_000;
const CONSUMERS_AT_ONCE = 250;
/** Of one object, softly: https://developers.cloudflare.com/durable-objects/platform/limits/ */
const OBJECT_REQUESTS_PER_SECOND = 1_000;
/** Claim and settle, where all handlers of a batch are quick. */
const CALLS_PER_BATCH = 2;

export interface Burst {
  readonly eventsPerSecond: number;
  /** Shares of what each may bear: 1 and more means that a backlog grows. */
  readonly queue: number;
  readonly ledgerCalls: number;
  readonly ledgerTime: number;
  /** How long a batch may take, in seconds, until 250 consumers at once no longer keep up. */
  readonly longestBatchSeconds: number;
}

/** @param ceiling Events a second that the ledger can claim and settle in batches of `size`. */
export function burstOf(events: number, seconds: number, size: number, ceiling: number): Burst {
  const eventsPerSecond = events / seconds;
  const batchesPerSecond = eventsPerSecond / size;
  return {
    eventsPerSecond,
    queue: eventsPerSecond / QUEUE_MESSAGES_PER_SECOND,
    ledgerCalls: (batchesPerSecond * CALLS_PER_BATCH) / OBJECT_REQUESTS_PER_SECOND,
    ledgerTime: eventsPerSecond / ceiling,
    longestBatchSeconds: CONSUMERS_AT_ONCE / batchesPerSecond,
  };
}
