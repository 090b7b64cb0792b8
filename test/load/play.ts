// Sends a load and keeps count: plays the provider with its retries, a forger and a latecomer, so
// many at a time.
import {
  ACCEPTED_OR_DUPLICATE,
  type ExpectedAnswer,
  forge,
  INVALID_SIGNATURE,
  isAsExpected,
  OUTSIDE_TOLERANCE,
} from '../../src/cli/attack-modes.ts';
import { type Delivery, draftDelivery, signDraft } from '../../src/cli/delivery.ts';
import { send } from '../../src/cli/send.ts';
import { whyNoAnswer } from '../../src/vast/ask.ts';
import type { Kind, Planned } from './mix.ts';
import type { Promised } from './reconcile.ts';

/**
 * Far enough outside the tolerance for a long load, whose deliveries are signed as they are sent.
 */
const STALE_SECONDS = 3_600;
/** Like the provider, a load sends again what was answered by 5xx or not at all. */
const MOST_TRIES = 5;
const RETRY_PAUSE_MS = 1_000;
const TYPES = ['outbid', 'low_credit', 'instance_stopped', 'machine_offline', 'resource.updated'] as const;

const EXPECTED: Record<Kind, ExpectedAnswer> = {
  genuine: ACCEPTED_OR_DUPLICATE,
  duplicate: ACCEPTED_OR_DUPLICATE,
  forged: INVALID_SIGNATURE,
  stale: OUTSIDE_TOLERANCE,
};

export interface LoadOptions {
  readonly url: URL;
  readonly secret: string;
  readonly concurrency: number;
  /** Begins every id of this load. */
  readonly idPrefix: string;
  /** In milliseconds of `performance.now()`: nothing new is sent after it. */
  readonly deadline: number;
  readonly onSent: (sent: number) => void;
}

export interface Played {
  readonly sent: Readonly<Record<Kind, number>>;
  /** Milliseconds from request to answer, of every delivery that was answered. */
  readonly latencies: readonly number[];
  /** Answers that say 200 and "duplicate". */
  readonly answeredAsDuplicate: number;
  /** Deliveries that had to be sent again. */
  readonly retried: number;
  /** Wrong answers, by what they were; and deliveries that were never answered. */
  readonly unexpected: ReadonlyMap<string, number>;
  /** By id, what the ledger must say once the queue is empty. */
  readonly promised: ReadonlyMap<string, Promised>;
  readonly outOfTime: boolean;
  readonly ms: number;
}

export async function play(plan: readonly Planned[], options: LoadOptions): Promise<Played> {
  const sent = { genuine: 0, duplicate: 0, forged: 0, stale: 0 };
  const latencies: number[] = [];
  const unexpected = new Map<string, number>();
  const promised = new Map<string, Promised>();
  let answeredAsDuplicate = 0;
  let retried = 0;
  let next = 0;

  const lane = async () => {
    for (let planned = plan[next]; planned && performance.now() < options.deadline; planned = plan[next]) {
      next += 1;
      const { kind } = planned;
      const delivery = await deliveryOf(planned, options);
      const { answer, tries, ms } = await sendUntilAnswered(options.url, delivery);
      sent[kind] += 1;
      retried += tries > 1 ? 1 : 0;
      if (typeof answer === 'object') latencies.push(ms);
      if (typeof answer === 'object' && isAsExpected(answer, EXPECTED[kind])) {
        if (kind === 'stale') promised.set(delivery.id, 'quarantined');
        else if (kind !== 'forged') promised.set(delivery.id, 'processed');
        answeredAsDuplicate += answer.fields.duplicate === true ? 1 : 0;
      } else {
        const text = `${kind}: ${typeof answer === 'object' ? answer.summary : answer}`;
        unexpected.set(text, (unexpected.get(text) ?? 0) + 1);
      }
      options.onSent(Object.values(sent).reduce((sum, count) => sum + count, 0));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  const ms = performance.now() - startedAt;
  return {
    sent,
    latencies,
    answeredAsDuplicate,
    retried,
    unexpected,
    promised,
    outOfTime: next < plan.length,
    ms,
  };
}

/**
 * Signed when it is sent. A copy is the same event signed anew, as a retry of the provider's is.
 */
async function deliveryOf({ kind, event }: Planned, { idPrefix, secret }: LoadOptions): Promise<Delivery> {
  const type = TYPES[event % TYPES.length] ?? TYPES[0];
  const draft = draftDelivery({ type, id: `${idPrefix}${event}`, now: Date.now() });
  switch (kind) {
    case 'genuine':
    case 'duplicate':
      return signDraft(draft, secret);
    case 'forged':
      return forge(await signDraft(draft, secret));
    case 'stale':
      return signDraft({ ...draft, timestamp: draft.timestamp - STALE_SECONDS }, secret);
  }
}

async function sendUntilAnswered(url: URL, delivery: Delivery) {
  for (let tries = 1; ; tries += 1) {
    const startedAt = performance.now();
    const answer = await send(url, delivery);
    const ms = performance.now() - startedAt;
    const final = answer.ok && answer.value.status < 500;
    if (final || tries === MOST_TRIES)
      return { answer: answer.ok ? answer.value : whyNoAnswer(answer.failure), tries, ms };
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
  }
}
