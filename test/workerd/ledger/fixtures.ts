// A ledger of a test's own, and what a consumer would say to it.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import type { LedgerStub } from '../../../src/ledger/client.ts';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import type { ClaimRequest, QuarantineRequest, Report } from '../../../src/ledger/protocol.ts';
import { decodeMessage } from '../../../src/queue/message.ts';
import { sampleEvent } from '../consumer/sample-event.ts';

/**
 * Where tests that move time start: far ahead, so that no alarm rings by the runtime's own clock.
 */
export const T0 = Date.UTC(2100, 0, 1);

/** A ledger as consumers call it, and as the test runtime reaches into it. */
export type TestLedger = LedgerStub & DurableObjectStub<EventLedger>;

/** A fresh ledger that shares nothing with other tests, or the one that the Worker uses. */
export function newLedger(name: string = crypto.randomUUID()): TestLedger {
  return env.LEDGER.getByName(name) as unknown as TestLedger;
}

export function eventOf(id: string): AnyEvent {
  return sampleEvent({ id });
}

/** One message per event: `m-<id>`, unless another is named. */
export function claimRequest(id: string, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  const { type, endpoint } = eventOf(id);
  const event = JSON.stringify(eventOf(id));
  return { messageId: `m-${id}`, id, type, endpoint, receivedAt: Date.now(), event, ...changes };
}

/** A success, unless the changes say otherwise. */
export function report(id: string, changes: Partial<Report> = {}): Report {
  return { messageId: `m-${id}`, endpoint: 'default', id, run: 1, outcome: 'processed', ms: 12, steps: [], ...changes };
}

/** A failure that comes back in ten seconds, unless the changes say otherwise. */
export function failure(id: string, changes: Partial<Report> = {}): Report {
  return report(id, { outcome: 'retrying', error: 'Error: no', retryAt: Date.now() + 10_000, ...changes });
}

/** A stale delivery whose body could be read, unless the changes say otherwise. */
export function quarantineRequest(id: string, changes: Partial<QuarantineRequest> = {}): QuarantineRequest {
  return {
    messageId: `q-${id}`,
    id,
    type: 'outbid',
    endpoint: 'default',
    receivedAt: Date.now(),
    event: JSON.stringify(eventOf(id)),
    refusal: JSON.stringify({ reason: 'timestamp_stale', headers: { 'x-vast-timestamp': '1' }, body: 'e30=' }),
    ...changes,
  };
}

/** A page of the feed, its envelopes taken apart. Throws where the place is not this ledger's. */
export async function feedOf(ledger: TestLedger, after: number, limit: number) {
  const page = await ledger.feed(after, limit);
  if (page === null) throw new Error(`no place ${after}`);
  const events = page.events.map(({ event, ...place }) => ({ ...place, event: JSON.parse(event) as AnyEvent }));
  return { ...page, events };
}

/** Puts `send` in the place of the main queue, for this ledger until it restarts. */
export async function sendThrough(
  ledger: TestLedger,
  send: (text: string, object: EventLedger) => Promise<void>,
): Promise<void> {
  await runInDurableObject<EventLedger, void>(ledger, (object) => {
    const queue = { send: (text: string) => send(text, object) };
    Object.defineProperty(object, 'env', { value: { ...env, EVENTS: queue } });
  });
}

/** The event in a message that was sent. */
export function sentEvent(text: string | undefined): AnyEvent {
  const message = decodeMessage(text);
  if (!message.ok || message.value.kind !== 'event') throw new Error('not a message with an event');
  return message.value.event;
}
