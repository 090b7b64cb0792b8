// The last stop of a message: it is destroyed only once the ledger has what it held, or somebody
// else does.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../../src/consumer/dead-letters.ts';
import { isEndpoint } from '../../../src/endpoint.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { UNREADABLE_MESSAGE_ENDPOINT } from '../../../src/ledger/protocol.ts';
import { DEAD_LETTER_RETRY_SECONDS, LEASE_MS, NOTICE_TIMEOUT_MS } from '../../../src/limits.ts';
import { decodeMessage } from '../../../src/queue/message.ts';
import { collectConsole } from '../fakes/console.ts';
import { fakeQueue } from '../fakes/queue.ts';
import { batchOf, depsOf, envWithLedger, eventMessage, fateOf, refusedMessage, testMessage } from './batch-message.ts';
import { sampleEvent } from './sample-event.ts';

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  logged = collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ledger = openLedger(env);
const noticesOf = () => ({ dead: vi.fn(), quarantined: vi.fn(), manyQuarantined: vi.fn() });
/** The bindings with a ledger that nobody else writes to. */
function freshLedger(): typeof env {
  const name = newId();
  return { ...env, LEDGER: { getByName: () => env.LEDGER.getByName(name) } as unknown as typeof env.LEDGER };
}
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
  await handleDeadLetters(batchOf([letter]), depsOf());
  expect(fateOf(letter)).toBe('acked');
  expect(await ledger.get(id)).toMatchObject({ status: 'dead', lastError: expect.stringMatching(/^Error: no/) });
  expect(logged.events().slice(-1)).toMatchObject([
    { event: 'event.dead', id, attempt: 1, reason: 'retries_exhausted', error: expect.stringMatching(/^Error: no/) },
  ]);
});

test('while the ledger is out every kind of letter stays in the queue, and the log says why', async () => {
  const letters = [eventMessage({ id: newId() }), refusedMessage(newId()), testMessage('nonsense')];
  await handleDeadLetters(batchOf(letters), depsOf({ env: LEDGER_OUT }));
  expect(letters.map(fateOf)).toEqual([IN_AN_HOUR, IN_AN_HOUR, IN_AN_HOUR]);
  const error = 'Network connection lost.';
  for (const { id: messageId } of letters) {
    expect(logged.events()).toContainEqual(expect.objectContaining({ event: 'event.deferred', messageId, error }));
  }
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
  expect(logged.events()).toMatchObject([{ event: 'event.requeued', id: event.id, endpoint: 'default' }]);
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
  const [id, junk] = [newId(), testMessage({ version: 'one' })];
  const neighbour = refusedMessage(id);
  await handleDeadLetters(batchOf([junk, neighbour]), depsOf());
  expect([junk, neighbour].map(fateOf)).toEqual(['acked', 'acked']);
  expect(await ledger.get(`message:${junk.id}`)).toMatchObject({ status: 'quarantined', type: 'unreadable' });
});

test('an event that dies of its used-up deliveries is told once', async () => {
  const [id, held] = [newId(), newId()];
  await handleBatch(batchOf([eventMessage({ id, endpoint: 'host' }, { id: held })]), depsOf({ handlers: FAILING }));
  const notices = noticesOf();
  await handleDeadLetters(batchOf([eventMessage({ id, endpoint: 'host' }, { id: held })]), depsOf({ notices }));
  await handleDeadLetters(batchOf([eventMessage({ id, endpoint: 'host' }, { id: held })]), depsOf({ notices }));
  expect(notices.dead).toHaveBeenCalledExactlyOnceWith(
    [expect.objectContaining({ id, endpoint: 'host', type: 'outbid', reason: 'retries_exhausted' })],
    expect.objectContaining({ attempt: 1, idempotencyKey: `dead-letter:host:${id}` }),
  );
});

test('nothing of a payload reaches the log or the notice of an event that dies of its used-up deliveries', async () => {
  const secret = 'sixteen-word-link-into-the-account';
  const [event, held] = [{ id: newId(), data: { message: secret } }, { id: newId() }];
  const handlers = { fallback: async () => Promise.reject(new Error(`could not post ${secret}`)) };
  await handleBatch(batchOf([eventMessage(event, held)]), depsOf({ handlers }));
  const notices = noticesOf();
  await handleDeadLetters(batchOf([eventMessage(event, held)]), depsOf({ notices }));
  const told = { error: expect.stringContaining('could not post [redacted]') };
  expect(logged.events().at(-1)).toMatchObject({ event: 'event.dead', ...told });
  expect(notices.dead).toHaveBeenCalledExactlyOnceWith([expect.objectContaining(told)], expect.anything());
});

test('an event that another run holds is told to nobody', async () => {
  const id = newId();
  await handleBatch(batchOf([eventMessage({ id })]), depsOf({ handlers: FAILING }));
  const notices = noticesOf();
  await handleDeadLetters(batchOf([eventMessage({ id })]), depsOf({ notices }));
  expect(notices.dead).not.toHaveBeenCalled();
});

test('a notice has 15 seconds', async () => {
  const [id, held] = [newId(), newId()];
  await handleBatch(batchOf([eventMessage({ id }, { id: held })]), depsOf({ handlers: FAILING }));
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  const notices = noticesOf();
  await handleDeadLetters(batchOf([eventMessage({ id }, { id: held })]), depsOf({ notices }));
  expect(timeout).toHaveBeenCalledExactlyOnceWith(15_000);
  expect(notices.dead.mock.calls[0]?.[1].signal).toBe(timeout.mock.results[0]?.value);
});

test('a notice that fails changes nothing but the log, which shows no secret', async () => {
  const [id, held] = [newId(), newId()];
  await handleBatch(batchOf([eventMessage({ id }, { id: held })]), depsOf({ handlers: FAILING }));
  const notices = noticesOf();
  const SLACK_WEBHOOK_URL = 'hooks.slack.test/T0/B0/secret';
  notices.dead.mockRejectedValue(new TypeError(`Invalid URL: ${SLACK_WEBHOOK_URL}`));
  const letter = eventMessage({ id }, { id: held });
  await handleDeadLetters(batchOf([letter]), depsOf({ env: { ...env, SLACK_WEBHOOK_URL }, notices }));
  expect(fateOf(letter)).toBe('acked');
  expect(logged.events().at(-1)).toMatchObject({
    event: 'event.untold',
    error: expect.stringMatching(/^TypeError: Invalid URL: \[redacted\]/),
  });
});

test('a notice that hangs holds its letter no longer than a notice may take', async () => {
  const notices = noticesOf();
  notices.quarantined.mockReturnValue(new Promise(() => {}));
  const letter = refusedMessage(newId());
  const handling = handleDeadLetters(batchOf([letter]), depsOf({ env: freshLedger(), notices }));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await vi.waitUntil(() => notices.quarantined.mock.calls.length > 0, { timeout: 5_000 });
  expect(letter.ack).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(NOTICE_TIMEOUT_MS);
  vi.useRealTimers();
  await handling;
  expect(fateOf(letter)).toBe('acked');
}, 20_000);

describe('a delivery that is kept', () => {
  test('is told with its reason and age, without its payload, and only then acknowledged', async () => {
    const id = newId();
    const receivedAt = Date.now() - 60_000;
    const event = sampleEvent({ id, endpoint: 'host' });
    const letter = refusedMessage(id, { endpoint: 'host', receivedAt, ageSeconds: 900, event });
    const notices = noticesOf();
    let acknowledgedFirst: boolean | undefined;
    notices.quarantined.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      acknowledgedFirst = letter.ack.mock.calls.length > 0;
    });
    await handleDeadLetters(batchOf([letter]), depsOf({ env: freshLedger(), notices }));
    expect(fateOf(letter)).toBe('acked');
    const told = { id, endpoint: 'host', type: 'outbid', reason: 'timestamp_stale', ageSeconds: 900 };
    expect(notices.quarantined).toHaveBeenCalledTimes(1);
    expect(notices.quarantined.mock.calls[0]?.[0]).toEqual({ ...told, receivedAt });
    expect(acknowledgedFirst).toBe(false);
    expect(notices.quarantined.mock.calls[0]?.[1].idempotencyKey).toBe(`quarantined:host:${id}`);
  });

  test('is told again only to a consumer that may have stopped before it told', async () => {
    const id = newId();
    const notices = noticesOf();
    const deps = depsOf({ env: freshLedger(), notices });
    await handleDeadLetters(batchOf([refusedMessage(id, {}, 'one')]), deps);
    await handleDeadLetters(batchOf([refusedMessage(id, {}, 'another')]), deps);
    expect(notices.quarantined).toHaveBeenCalledTimes(1);
    await handleDeadLetters(batchOf([refusedMessage(id, {}, 'one')]), deps);
    expect(notices.quarantined).toHaveBeenCalledTimes(2);
  });
});

test('of many deliveries that are kept within an hour five are told, and a line counts the rest', async () => {
  const notices = noticesOf();
  const deps = depsOf({ env: freshLedger(), notices });
  await handleDeadLetters(batchOf(Array.from({ length: 9 }, () => refusedMessage(newId()))), deps);
  expect(notices.quarantined).toHaveBeenCalledTimes(5);
  expect(notices.manyQuarantined.mock.calls.map(([count]) => count)).toEqual([4]);
  for (let more = 0; more < 12; more += 1) await handleDeadLetters(batchOf([refusedMessage(newId())]), deps);
  expect(notices.quarantined).toHaveBeenCalledTimes(5);
  // Each line counts all the rest, and comes when their number has doubled.
  expect(notices.manyQuarantined.mock.calls.map(([count]) => count)).toEqual([4, 8, 16]);
});

describe('of messages that nobody can read', () => {
  const consumers = [
    ['the main queue', handleBatch],
    ['the dead letters', handleDeadLetters],
  ] as const;

  test.each(consumers)('in %s one is told in an hour, before it is acknowledged', async (_queue, handle) => {
    const notices = noticesOf();
    const deps = depsOf({ env: freshLedger(), notices });
    const [first, second, third] = [testMessage('nonsense'), testMessage('nonsense'), testMessage('nonsense')];
    vi.useFakeTimers({ toFake: ['Date'] });
    notices.quarantined.mockImplementation(() => expect(first.ack).not.toHaveBeenCalled());
    await handle(batchOf([first, testMessage('nonsense')]), deps);
    const told = { id: `message:${first.id}`, endpoint: UNREADABLE_MESSAGE_ENDPOINT, type: 'unreadable' };
    const receivedAt = first.timestamp.getTime();
    expect(notices.quarantined.mock.calls.map(([delivery]) => delivery)).toEqual([
      { ...told, reason: 'message_not_json', receivedAt },
    ]);
    notices.quarantined.mockReset();
    vi.setSystemTime(Date.now() + 3_599_999);
    await handle(batchOf([second]), deps);
    expect(notices.quarantined).not.toHaveBeenCalled();
    vi.setSystemTime(Date.now() + 1);
    await handle(batchOf([third]), deps);
    expect(notices.quarantined).toHaveBeenCalledTimes(1);
    expect([first, second, third].map(fateOf)).toEqual(['acked', 'acked', 'acked']);
  });

  test('none is kept under a name that an endpoint may have', () => {
    expect(isEndpoint(UNREADABLE_MESSAGE_ENDPOINT)).toBe(false);
  });

  test('none is told while the ledger does not have it', async () => {
    const notices = noticesOf();
    await handleDeadLetters(batchOf([testMessage('nonsense')]), depsOf({ env: LEDGER_OUT, notices }));
    expect(notices.quarantined).not.toHaveBeenCalled();
  });

  test('none uses up a notice of a genuine delivery', async () => {
    const notices = noticesOf();
    const deps = depsOf({ env: freshLedger(), notices });
    await handleDeadLetters(batchOf(Array.from({ length: 7 }, () => testMessage('nonsense'))), deps);
    expect(notices.quarantined).toHaveBeenCalledTimes(1);
    expect(notices.manyQuarantined).not.toHaveBeenCalled();
    await handleDeadLetters(batchOf([refusedMessage(newId())]), deps);
    expect(notices.quarantined).toHaveBeenCalledTimes(2);
  });
});
