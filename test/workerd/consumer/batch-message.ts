// Queue messages whose fate can be read off, and ledgers that fail: what the consumers are tested
// with.
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { ConsumerDeps } from '../../../src/consumer/deps.ts';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { encodeMessage, type RefusedMessage } from '../../../src/queue/message.ts';
import { sampleEvent } from './sample-event.ts';

export type TestMessage = ReturnType<typeof testMessage>;

/** The platform's own batches forget the delay that a retry asks for, so these are spies. */
export function testMessage(body: unknown, { id = crypto.randomUUID() as string, attempts = 1 } = {}) {
  return {
    ...{ id, attempts, body, timestamp: new Date() },
    ack: vi.fn<() => void>(),
    retry: vi.fn<(options?: QueueRetryOptions) => void>(),
  };
}

export function eventMessage(
  event: Partial<AnyEvent> & { id: string },
  options: { id?: string; attempts?: number } = {},
) {
  return testMessage(textOf({ kind: 'event', event: sampleEvent(event), receivedAt: Date.now() }), options);
}

export function refusedMessage(
  id: string,
  changes: Partial<RefusedMessage> = {},
  messageId: string = crypto.randomUUID(),
) {
  const letter: RefusedMessage = {
    kind: 'refused',
    reason: 'timestamp_stale',
    id,
    endpoint: 'default',
    dialect: 'notification',
    receivedAt: Date.now(),
    headers: { 'x-vast-timestamp': '1700000000' },
    body: btoa('{"event_id":"late"}'),
    ...changes,
  };
  return testMessage(textOf(letter), { id: messageId });
}

function textOf(message: Parameters<typeof encodeMessage>[0]): string {
  const text = encodeMessage(message);
  if (!text.ok) throw new Error(text.failure);
  return text.value;
}

export function batchOf(messages: readonly TestMessage[]) {
  const forAll = () => {
    throw new Error('a batch decides message by message');
  };
  return { queue: 'any', messages, ackAll: forAll, retryAll: forAll } as unknown as MessageBatch;
}

/** What became of a message: exactly one verdict. */
export function fateOf(message: TestMessage): 'acked' | { readonly retriedAfter: number | undefined } {
  const [acks, retries] = [message.ack.mock.calls.length, message.retry.mock.calls.length];
  if (acks + retries !== 1) throw new Error(`acknowledged ${acks} times, retried ${retries} times`);
  return acks === 1 ? 'acked' : { retriedAfter: message.retry.mock.calls[0]?.[0]?.delaySeconds };
}

type Method = 'claim' | 'settle' | 'bury' | 'quarantine';

/**
 * The bindings, with the ledger's calls passing through `before`: what that throws is what the
 * consumer sees. Each call comes through a stub of its own, as in the Worker.
 */
export function envWithLedger(before: (method: Method) => void | Promise<void>, changes: Partial<Env> = {}): Env {
  const getByName = (name: string) => {
    const stub = env.LEDGER.getByName(name);
    const call =
      (method: Method) =>
      async (...parameters: unknown[]) => {
        await before(method);
        return (stub[method] as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
      };
    return Object.fromEntries((['claim', 'settle', 'bury', 'quarantine'] as const).map((name) => [name, call(name)]));
  };
  return { ...env, LEDGER: { getByName } as unknown as DurableObjectNamespace<EventLedger>, ...changes };
}

/** What a consumer needs, with chance taken out: every delay is the shortest of its range. */
export function depsOf(changes: Partial<ConsumerDeps> = {}): ConsumerDeps {
  return { env, handlers: { fallback: () => {} }, random: () => 0, ...changes };
}
