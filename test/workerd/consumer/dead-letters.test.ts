// The last stop of a message: it is destroyed only once the ledger has what it held, or somebody else does.
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../../src/consumer/dead-letters.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { DEAD_LETTER_RETRY_SECONDS, LEASE_MS } from '../../../src/limits.ts';
import { decodeMessage } from '../../../src/queue/message.ts';
import { fakeQueue } from '../fakes/queue.ts';
import { batchOf, depsOf, envWithLedger, eventMessage, fateOf, refusedMessage, testMessage } from './batch-message.ts';
import { sampleEvent } from './sample-event.ts';

const ledger = openLedger(env);
const newId = () => crypto.randomUUID() as string;
const IN_AN_HOUR = { retriedAfter: DEAD_LETTER_RETRY_SECONDS };
const LEDGER_OUT = envWithLedger(() => {
  throw new Error('Network connection lost.');
});
const FAILING = { fallback: async () => Promise.reject(new Error('no')) };

test('an event that has used up its tries is dead, with the error of its last one', async () => {
  const [id, held] = [newId(), newId()];
  await handleBatch(batchOf([eventMessage({ id }, { id: held })]), depsOf({ handlers: FAILING }));
  const letter = eventMessage({ id }, { id: held });
  const deps = depsOf();
  await handleDeadLetters(batchOf([letter]), deps);
  expect(fateOf(letter)).toBe('acked');
  expect(await ledger.get(id)).toMatchObject({ status: 'dead', lastError: 'Error: no' });
  expect(deps.log).toHaveBeenCalledExactlyOnceWith(
    'event.dead',
    expect.objectContaining({ id, attempt: 1, reason: 'retries_exhausted', error: 'Error: no' }),
    'error',
  );
});

test('while the ledger is out every kind of letter stays in the queue', async () => {
  const letters = [eventMessage({ id: newId() }), refusedMessage(newId()), testMessage('nonsense')];
  await handleDeadLetters(batchOf(letters), depsOf({ env: LEDGER_OUT }));
  expect(letters.map(fateOf)).toEqual([IN_AN_HOUR, IN_AN_HOUR, IN_AN_HOUR]);
});

test('an event whose handler never ran goes back into the main queue, and only then its letter goes', async () => {
  const event = sampleEvent({ id: newId() });
  const letter = eventMessage(event);
  const queue = fakeQueue();
  const taking = Promise.withResolvers<void>();
  const { send } = queue;
  queue.send.mockImplementationOnce(async (message, options) => {
    await taking.promise;
    await send(message, options);
  });
  const handling = handleDeadLetters(batchOf([letter]), depsOf({ env: { ...env, EVENTS: queue.binding } }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(letter.ack).not.toHaveBeenCalled();
  taking.resolve();
  await handling;
  expect(fateOf(letter)).toBe('acked');
  expect(queue.messages.map((text) => decodeMessage(text))).toMatchObject([
    { ok: true, value: { kind: 'event', event } },
  ]);
  expect(await ledger.get(event.id)).toBeNull();
});

test('an event that cannot be put back stays a letter', async () => {
  const letter = eventMessage({ id: newId() });
  const queue = fakeQueue();
  queue.send.mockRejectedValue(new Error('Queue overloaded (10250)'));
  await handleDeadLetters(batchOf([letter]), depsOf({ env: { ...env, EVENTS: queue.binding } }));
  expect(fateOf(letter)).toEqual(IN_AN_HOUR);
});

test('an event in the custody of another message is left to it', async () => {
  const id = newId();
  await handleBatch(batchOf([eventMessage({ id })]), depsOf({ handlers: FAILING }));
  const letter = eventMessage({ id });
  const queue = fakeQueue();
  await handleDeadLetters(batchOf([letter]), depsOf({ env: { ...env, EVENTS: queue.binding } }));
  expect(fateOf(letter)).toBe('acked');
  expect(await ledger.get(id)).toMatchObject({ status: 'retrying' });
  expect(queue.messages).toEqual([]);
});

test('a letter whose event is still being handled comes back when its lease ends', async () => {
  const [id, held] = [newId(), newId()];
  const request = { messageId: held, id, type: 'outbid', endpoint: 'default', receivedAt: Date.now() };
  await ledger.claim('c1', [{ ...request, event: JSON.stringify(sampleEvent({ id })) }]);
  const letter = eventMessage({ id }, { id: held });
  await handleDeadLetters(batchOf([letter]), depsOf());
  expect(fateOf(letter)).toEqual({ retriedAfter: expect.closeTo(LEASE_MS / 1000, -1) });
});

test('a refused delivery is quarantined with its raw body', async () => {
  const id = newId();
  const letter = refusedMessage(id, { event: sampleEvent({ id }) });
  await handleDeadLetters(batchOf([letter]), depsOf());
  expect(fateOf(letter)).toBe('acked');
  expect(await ledger.get(id)).toMatchObject({
    status: 'quarantined',
    type: 'outbid',
    event: { id },
    refusal: {
      reason: 'timestamp_stale',
      headers: { 'x-vast-timestamp': '1700000000' },
      body: btoa('{"event_id":"late"}'),
    },
  });
});

test('a refused delivery that was no event is quarantined as it came', async () => {
  const id = `sha256:${newId()}`;
  await handleDeadLetters(batchOf([refusedMessage(id, { reason: 'body_not_json', body: btoa('{') })]), depsOf());
  expect(await ledger.get(id)).toMatchObject({ status: 'quarantined', event: null, refusal: { body: btoa('{') } });
});

test('a letter that cannot be read is kept in the ledger, its neighbours are not held up', async () => {
  const [id, junk] = [newId(), testMessage({ version: 99 })];
  const neighbour = refusedMessage(id);
  await handleDeadLetters(batchOf([junk, neighbour]), depsOf());
  expect([junk, neighbour].map(fateOf)).toEqual(['acked', 'acked']);
  expect(await ledger.get(`message:${junk.id}`)).toMatchObject({ status: 'quarantined', type: 'unreadable' });
});
