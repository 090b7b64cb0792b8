// Two days of a small deployment, ending in a mixed hour: successes, events being retried, a dead
// letter, two quarantined deliveries. Written through the ledger's own transitions, at the times
// they would have happened.
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { sampleOf } from '../../../src/event/samples.ts';
import type { Sql, Transaction } from '../../../src/ledger/sql.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';

const MINUTE_MS = 60_000;

/** Events received in each hour, the oldest first: quiet at night, busy by day. */
const perHour = [
  4, 6, 9, 14, 18, 22, 25, 21, 24, 19, 16, 12, 9, 7, 5, 3, 2, 1, 0, 1, 2, 3, 5, 6, 8, 13, 17, 20, 27, 23, 22, 18, 14,
];
const usualTypes = [
  'instance_started',
  'instance_stopped',
  'outbid',
  'instance_resumed',
  'idle_gpu',
  'resource.updated',
];

export const DEAD_ID = '7e9a2c4e6f9e4a24a53b77c2d8e3f0aa';
export const RETRYING_ID = '0c1f6f7d35b84c0e9a1d2b8f64e7c9d3';
export const LATE_ID = 'b2d9e1a07c5f4d6f8e3a9c0b1d2e3f40';
export const UNREADABLE_ID = `sha256:${'9f'.repeat(32)}`;

export const RETRYING_MESSAGE = 'Your instance 48927380 on machine 46110 is offline: the machine cannot be reached.';
export const LATE_MESSAGE = 'Your machine 46110 will be down for maintenance.';

export const DEAD_ERROR = 'PermanentFailure: Slack answered 404 no_service';
export const RETRYING_ERROR = 'Error: Slack answered 503 service_unavailable';

/** @param now Milliseconds since the epoch. */
export function fillMixedHour(sql: Sql, transaction: Transaction, now: number): void {
  const story = new Story(new Writer(new Store(sql), transaction));
  const acts: { at: number; act: (at: number) => void }[] = [];
  const ago = (minutes: number, act: (at: number) => void) =>
    acts.push({ at: Math.floor(now - minutes * MINUTE_MS), act });

  for (const [index, count] of perHour.entries()) {
    for (let event = 0; event < count; event += 1) {
      const type = usualTypes[(event * 7 + index) % usualTypes.length] ?? '';
      ago((perHour.length - index - event / count) * 60, (at) => story.succeed(story.event(type, at), at));
    }
  }
  ago(52, (at) =>
    story.quarantineBytes(UNREADABLE_ID, new Uint8Array([0x7b, 0x22, 0x69, 0x64, 0xff, 0xfe, 0x22, 0x7d]), at),
  );
  ago(41, (at) => story.fail(story.event('outbid', at, DEAD_ID), at, [0], DEAD_ERROR, 'dead'));
  ago(19, (at) =>
    story.quarantine(
      story.event('upcoming_downtime', at - 6 * MINUTE_MS, LATE_ID, LATE_MESSAGE),
      'timestamp_stale',
      at,
    ),
  );
  ago(12, (at) => {
    const event = story.event('low_credit', at);
    story.fail(event, at, [0, 15_000], RETRYING_ERROR);
    story.succeed(event, at + MINUTE_MS);
  });
  ago(3, (at) => {
    const event = story.event('instance_offline', at, RETRYING_ID, RETRYING_MESSAGE);
    story.fail(event, at, [0, 9_000, 27_000, 62_000], RETRYING_ERROR, 'retrying', now + 2 * MINUTE_MS);
  });

  for (const { at, act } of acts.sort((a, b) => a.at - b.at)) act(at);
  // The watchdog has been round, as it would have been.
  sql.exec(`INSERT OR REPLACE INTO marks VALUES ('swept_seq', (SELECT max(seq) FROM deliveries))`);
}

/** Writes what happens to events, each under a message id of its own. */
export class Story {
  readonly #ledger: Writer;
  #count = 0;

  constructor(ledger: Writer) {
    this.#ledger = ledger;
  }

  event(type: string, at: number, id = crypto.randomUUID().replaceAll('-', ''), message?: string): AnyEvent {
    const { dialect, body } = sampleOf(type, { id, now: at, data: message === undefined ? {} : { message } });
    const parsed = parseEvent({ dialect, body: new TextEncoder().encode(body), timestamp: at / 1000 }, 'default');
    if (!parsed.ok) throw new Error(parsed.failure.reason);
    return parsed.value;
  }

  /** Leaves the event with a consumer that has yet to report. */
  start(event: AnyEvent, at: number): void {
    this.#claim(event, at);
  }

  succeed(event: AnyEvent, at: number): void {
    const claim = this.#claim(event, at);
    this.#ledger.settle(
      claim.claim,
      [{ ...claim.report, outcome: 'processed', ms: 140 + (this.#count % 90) }],
      at + 2_400,
    );
  }

  /** Fails once at each of `delays` (milliseconds after `at`), and in the end is `last`. */
  fail(
    event: AnyEvent,
    at: number,
    delays: readonly number[],
    error: string,
    last: 'retrying' | 'dead' = 'retrying',
    retryAt = at,
  ): void {
    for (const [index, delay] of delays.entries()) {
      const { claim, report } = this.#claim(event, at + delay);
      const outcome = index === delays.length - 1 ? last : 'retrying';
      this.#ledger.settle(claim, [{ ...report, outcome, ms: 310, error, retryAt }], at + delay + 900);
    }
  }

  quarantine(event: AnyEvent, reason: string, at: number): void {
    const body = new TextEncoder().encode(
      JSON.stringify({ event_id: event.id, notif_type: event.type, ...event.data }),
    );
    const { id, type } = event;
    this.#keep(id, type, JSON.stringify(event), reason, body, at);
  }

  quarantineBytes(id: string, body: Uint8Array, at: number): void {
    this.#keep(id, 'unreadable', null, 'body_not_utf8', body, at);
  }

  /** Every message of an event bears the event's id, so that its own retries are recognised. */
  #claim(event: AnyEvent, at: number) {
    this.#count += 1;
    const claim = `claim-${this.#count}`;
    const messageId = `message-of-${event.id}`;
    const { id, type, endpoint } = event;
    const request = { messageId, id, type, endpoint, receivedAt: at, event: JSON.stringify(event) };
    const [answer] = this.#ledger.claim(claim, [request], at);
    if (answer?.kind !== 'run') throw new Error(`not granted: ${answer?.kind}`);
    return { claim, report: { messageId, id, run: answer.run, steps: [] } };
  }

  #keep(id: string, type: string, event: string | null, reason: string, body: Uint8Array, at: number): void {
    const signed = String(Math.floor(at / 1000) - 363);
    const headers = { 'x-vast-signature-256': `sha256=${'ab'.repeat(32)}`, 'x-vast-timestamp': signed };
    const refusal = JSON.stringify({ reason, headers, body: body.toBase64() });
    this.#ledger.quarantine([{ id, type, endpoint: 'default', receivedAt: at, event, refusal }], at);
  }
}
