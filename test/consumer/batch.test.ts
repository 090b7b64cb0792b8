// What becomes of each message of a batch, and that none decides for its neighbours.
import { env as testEnv } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { handleBatch } from '../../src/consumer/batch.ts';
import type { Handlers } from '../../src/consumer/define-handlers.ts';
import type { Env } from '../../src/env.ts';
import { PermanentFailure } from '../../src/failures.ts';
import { decodeMessage, encodeMessage } from '../../src/queue/message.ts';
import { collectConsole } from '../fakes/console.ts';
import { fakeQueue } from '../fakes/queue.ts';
import { sampleEvent } from './sample-event.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const QUIET: Handlers = { fallback: () => {} };

function message(body: unknown) {
  return { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body, ack: vi.fn(), retry: vi.fn() };
}

function eventMessage(type: string) {
  const text = encodeMessage({ kind: 'event', event: sampleEvent({ id: `${type}-1`, type }), receivedAt: 1 });
  if (!text.ok) throw new Error(text.failure);
  return message(text.value);
}

async function handle(messages: ReturnType<typeof message>[], handlers: Handlers, deadLetters = fakeQueue()) {
  const batch = { queue: 'vastai-events', messages, ackAll: vi.fn(), retryAll: vi.fn() };
  const env: Env = { ...testEnv, DEAD_LETTERS: deadLetters.binding };
  await handleBatch(batch as unknown as MessageBatch, { env, handlers, random: () => 0 });
  expect(batch.ackAll).not.toHaveBeenCalled();
  expect(batch.retryAll).not.toHaveBeenCalled();
  return deadLetters.messages.map((text) => decodeMessage(text));
}

test('a failing message is sent back with a delay while its neighbours are acknowledged', async () => {
  const [before, failing, after] = [eventMessage('low_credit'), eventMessage('outbid'), eventMessage('new_type')];
  await handle([before, failing, after], { ...QUIET, outbid: async () => Promise.reject(new Error('no')) });
  expect(failing.retry).toHaveBeenCalledExactlyOnceWith({ delaySeconds: 5 });
  expect(failing.ack).not.toHaveBeenCalled();
  for (const neighbour of [before, after]) {
    expect(neighbour.ack).toHaveBeenCalledTimes(1);
    expect(neighbour.retry).not.toHaveBeenCalled();
  }
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ['nonsense', 'nonsense'],
  ['an unknown version', { version: 99 }],
  ['nothing', undefined],
  ['what JSON cannot spell', { version: 99, big: 1n }],
  ['a cycle', cycle],
  ['more than a message holds', '\0'.repeat(120_000)],
])('a message that holds %s goes to the dead letters, its neighbour to its handler', async (_, body) => {
  const [junk, neighbour] = [message(body), eventMessage('outbid')];
  const letters = await handle([junk, neighbour], QUIET);
  expect(letters).toMatchObject([{ ok: true, value: { kind: 'undecodable', messageId: junk.id } }]);
  expect(junk.ack).toHaveBeenCalledTimes(1);
  expect(neighbour.ack).toHaveBeenCalledTimes(1);
});

test('an event that failed for good goes to the dead letters, and is acknowledged only once they have it', async () => {
  const doomed = eventMessage('outbid');
  const deadLetters = fakeQueue();
  const taking = Promise.withResolvers<void>();
  deadLetters.send.mockReturnValueOnce(taking.promise);
  const handling = handle(
    [doomed],
    { fallback: async () => Promise.reject(new PermanentFailure('gone')) },
    deadLetters,
  );
  await vi.waitUntil(() => deadLetters.send.mock.calls.length > 0, { timeout: 5_000 });
  expect(doomed.ack).not.toHaveBeenCalled();
  taking.resolve();
  await handling;
  expect(decodeMessage(deadLetters.send.mock.calls[0]?.[0])).toMatchObject({
    ok: true,
    value: { kind: 'failed', reason: 'permanent_failure', event: { id: 'outbid-1' } },
  });
  expect(doomed.ack).toHaveBeenCalledTimes(1);
});

test('an event that failed for good stays in the queue while the dead letters are out', async () => {
  const doomed = eventMessage('outbid');
  const deadLetters = fakeQueue();
  deadLetters.send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
  await handle([doomed], { fallback: async () => Promise.reject(new PermanentFailure('gone')) }, deadLetters);
  expect(doomed.ack).not.toHaveBeenCalled();
  expect(doomed.retry).toHaveBeenCalledTimes(1);
});
