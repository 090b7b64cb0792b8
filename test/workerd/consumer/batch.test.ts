// What becomes of each message of a batch: only the ledger's word ends one, and none decides for
// its neighbours.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../../src/consumer/dead-letters.ts';
import type { Handler } from '../../../src/consumer/define-handlers.ts';
import { Settlement } from '../../../src/consumer/settlement.ts';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import type { ClaimRequest, Report } from '../../../src/ledger/protocol.ts';
import { DEAD_TOLD_AFTER_MS, HANDLER_TIMEOUT_MS, LEASE_MS, MAX_RETRIES, MAX_STARTS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
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
const newId = () => crypto.randomUUID() as string;

/** A handler that counts its runs by event. */
function countingHandler(run: Handler<AnyEvent> = () => {}) {
  const runs = vi.fn<Handler<AnyEvent>>(run);
  const runsOf = (id: string) => runs.mock.calls.filter(([event]) => event.id === id).length;
  return { handlers: { fallback: runs }, runsOf };
}

const rejecting = (error: unknown) => countingHandler(async () => Promise.reject(error));

test('a message is acknowledged only after the ledger has recorded its run', async () => {
  const message = eventMessage({ id: newId() });
  const recording = Promise.withResolvers<void>();
  const settling = vi.fn(() => recording.promise);
  const env = envWithLedger((method) => (method === 'settle' ? settling() : undefined));
  const handling = handleBatch(batchOf([message]), depsOf({ env }));
  await vi.waitUntil(() => settling.mock.calls.length > 0, { timeout: 120_000 });
  expect(message.ack).not.toHaveBeenCalled();
  recording.resolve();
  await handling;
  expect(fateOf(message)).toBe('acked');
});

test('a batch costs two calls to the ledger, however many messages it holds', async () => {
  const calls: string[] = [];
  const messages = Array.from({ length: 10 }, () => eventMessage({ id: newId() }));
  const env = envWithLedger((method) => {
    calls.push(method);
  });
  await handleBatch(batchOf(messages), depsOf({ env }));
  expect(calls).toEqual(['claim', 'settle']);
  expect(messages.map(fateOf)).toEqual(messages.map(() => 'acked'));
});

test('a batch takes one timer for all of its handlers', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await handleBatch(batchOf([1, 2, 3].map(() => eventMessage({ id: newId() }))), depsOf());
  expect(timers.mock.calls.filter(([, ms]) => ms === HANDLER_TIMEOUT_MS)).toHaveLength(1);
});

test('a run is noted at once where the other messages of its batch may not run', async () => {
  const id = newId();
  const messages = [eventMessage({ id }), eventMessage({ id })];
  // Time stands still: whatever waits for more reports waits for ever.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await handleBatch(batchOf(messages), depsOf());
  expect(messages.map(fateOf)).toEqual(['acked', 'acked']);
});

test('a run that cannot be recorded sends its message back, and is not repeated while it is leased', async () => {
  const id = newId();
  const message = eventMessage({ id });
  const { handlers, runsOf } = countingHandler();
  const settling = vi.fn();
  const env = envWithLedger((method) => {
    if (method !== 'settle') return;
    settling();
    throw new Error('Network connection lost.');
  });
  await handleBatch(batchOf([message]), depsOf({ env, handlers }));
  expect(settling).toHaveBeenCalledTimes(3);
  expect(fateOf(message)).toEqual({ retriedAfter: 5 });

  const again = eventMessage({ id }, { id: message.id, attempts: 2 });
  await handleBatch(batchOf([again]), depsOf({ handlers }));
  expect(runsOf(id)).toBe(1);
  expect(fateOf(again)).toEqual({ retriedAfter: expect.closeTo(LEASE_MS / 1000, -1) });
});

test('a call to the ledger that fails once is repeated, and the handler still runs once', async () => {
  const id = newId();
  const message = eventMessage({ id });
  const { handlers, runsOf } = countingHandler();
  const failed = new Set<string>();
  const env = envWithLedger((method) => {
    if (failed.has(method)) return;
    failed.add(method);
    throw new Error('Durable Object reset because its code was updated.');
  });
  await handleBatch(batchOf([message]), depsOf({ env, handlers }));
  expect(failed).toEqual(new Set(['claim', 'settle']));
  expect(runsOf(id)).toBe(1);
  expect(fateOf(message)).toBe('acked');
});

test('without an answer to its claims a batch goes back untouched', async () => {
  const messages = [eventMessage({ id: newId() }), eventMessage({ id: newId() }, { attempts: 3 })];
  const { handlers } = countingHandler();
  const env = envWithLedger(() => {
    throw new Error('Network connection lost.');
  });
  await handleBatch(batchOf(messages), depsOf({ env, handlers }));
  expect(handlers.fallback).not.toHaveBeenCalled();
  expect(messages.map(fateOf)).toEqual([{ retriedAfter: 5 }, { retriedAfter: 20 }]);
});

test.each([
  [
    'no handler',
    'too late for one to finish within the lease',
    60_001,
    { runs: 0, fates: [{ retriedAfter: 5 }, { retriedAfter: 20 }] },
  ],
  ['every handler', 'just in time', 60_000, { runs: 2, fates: ['acked', 'acked'] }],
])('%s starts where the claims come back %s', async (_, __, tookMs, expected) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const messages = [eventMessage({ id: newId() }), eventMessage({ id: newId() }, { attempts: 3 })];
  const { handlers } = countingHandler();
  const env = envWithLedger((method) => {
    if (method === 'claim') vi.setSystemTime(Date.now() + tookMs);
  });
  await handleBatch(batchOf(messages), depsOf({ env, handlers }));
  expect({ runs: handlers.fallback.mock.calls.length, fates: messages.map(fateOf) }).toEqual(expected);
});

test('a handler that fails and one that hangs do not repeat their neighbours', async () => {
  const [failing, hanging] = [newId(), newId()];
  const ids = [newId(), failing, hanging, newId()];
  const messages = ids.map((id) => eventMessage({ id }));
  const { handlers, runsOf } = countingHandler(async ({ id }) => {
    if (id === failing) throw new Error('no');
    if (id === hanging) await new Promise(() => {});
  });
  await handleBatch(batchOf(messages), depsOf({ handlers, handlerTimeoutMs: 200 }));
  expect(messages.map(fateOf)).toEqual(['acked', { retriedAfter: 5 }, { retriedAfter: 5 }, 'acked']);
  expect(ids.map(runsOf)).toEqual([1, 1, 1, 1]);
  expect(await ledger.get(failing)).toMatchObject({
    status: 'retrying',
    lastError: expect.stringMatching(/^Error: no \(at /),
  });
  expect(await ledger.get(hanging)).toMatchObject({ status: 'retrying', lastError: expect.stringContaining('200 ms') });
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ['nonsense', 'nonsense', 'message_not_json'],
  ['an unknown version', { version: 'one' }, 'message_version_unknown'],
  ['nothing', undefined, 'message_malformed'],
  ['what JSON cannot spell', { version: 99, big: 1n }, 'message_not_json'],
  ['a cycle', cycle, 'message_not_json'],
  ['more than a message holds', '\0'.repeat(120_000), 'message_not_json'],
])('a message that holds %s is kept, its neighbour handled', async (_, body, reason) => {
  const [junk, neighbour] = [testMessage(body), eventMessage({ id: newId() })];
  await handleBatch(batchOf([junk, neighbour]), depsOf());
  expect([junk, neighbour].map(fateOf)).toEqual(['acked', 'acked']);
  expect(await ledger.get(`message:${junk.id}`)).toMatchObject({ status: 'quarantined', refusal: { reason } });
  expect(logged.events()).toContainEqual({ event: 'event.dead', messageId: junk.id, reason });
});

test('a message that cannot be read is kept under the time at which it was sent', async () => {
  const junk = testMessage('nonsense');
  junk.timestamp = new Date(Date.now() - 3_600_000);
  await handleBatch(batchOf([junk]), depsOf());
  expect(await ledger.get(`message:${junk.id}`)).toMatchObject({ receivedAt: junk.timestamp.getTime() });
});

test('a refused delivery that has got into the main queue is kept, not dropped', async () => {
  const letter = refusedMessage(newId());
  await handleBatch(batchOf([letter]), depsOf());
  expect(fateOf(letter)).toBe('acked');
  expect(await ledger.get(`message:${letter.id}`)).toMatchObject({ refusal: { reason: 'message_of_wrong_kind' } });
});

test('a message that cannot be read is kept to its last byte, as large as a queue carries', async () => {
  const junk = testMessage('x'.repeat(126_000));
  await handleBatch(batchOf([junk]), depsOf());
  const kept = await ledger.get(`message:${junk.id}`);
  expect(Uint8Array.fromBase64(kept?.refusal?.body ?? '')).toHaveLength(126_000);
});

test('a message of bytes is kept byte for byte', async () => {
  const bytes = Uint8Array.of(0x00, 0xff, 0x7b);
  const junk = testMessage(bytes.buffer);
  await handleBatch(batchOf([junk]), depsOf());
  expect(await ledger.get(`message:${junk.id}`)).toMatchObject({ refusal: { body: bytes.toBase64() } });
});

test('a message that cannot be read is not acknowledged before it is kept', async () => {
  const junk = testMessage('nonsense');
  const env = envWithLedger(() => {
    throw new Error('Network connection lost.');
  });
  await handleBatch(batchOf([junk]), depsOf({ env }));
  expect(fateOf(junk)).toEqual({ retriedAfter: 3_600 });
});

test('an event that failed for good is dead at once', async () => {
  const id = newId();
  const message = eventMessage({ id });
  await handleBatch(batchOf([message]), depsOf(rejecting(new PermanentFailure('no such account'))));
  expect(fateOf(message)).toBe('acked');
  expect(await ledger.get(id)).toMatchObject({
    status: 'dead',
    lastError: expect.stringMatching(/^PermanentFailure: no such account /),
  });
  expect(logged.events()).toMatchObject([{ event: 'event.dead', id, attempt: 1, reason: 'permanent_failure' }]);
});

test('an event whose last delivery fails is dead, and the one before is not', async () => {
  const id = newId();
  const { handlers } = rejecting(new Error('no'));
  const next = async (attempts: number) => {
    const message = eventMessage({ id }, { id: 'the-message', attempts });
    await handleBatch(batchOf([message]), depsOf({ handlers }));
    return { fate: fateOf(message), status: (await ledger.get(id))?.status };
  };
  expect(await next(MAX_RETRIES)).toEqual({ fate: { retriedAfter: 5 }, status: 'retrying' });
  expect(await next(MAX_RETRIES + 1)).toEqual({ fate: 'acked', status: 'dead' });
});

test('a handler chooses its delay', async () => {
  const message = eventMessage({ id: newId() });
  await handleBatch(batchOf([message]), depsOf(rejecting(new RetryLater(7_200))));
  expect(fateOf(message)).toEqual({ retriedAfter: 7_200 });
});

test('the delay doubles with every try, whatever number of deliveries the queue counts', async () => {
  const id = newId();
  const deps = depsOf(rejecting(new Error('no')));
  const delays: unknown[] = [];
  for (let round = 0; round < 4; round += 1) {
    const message = eventMessage({ id }, { id: 'held', attempts: 1 });
    await handleBatch(batchOf([message]), deps);
    delays.push(fateOf(message));
  }
  expect(delays).toEqual([5, 10, 20, 40].map((retriedAfter) => ({ retriedAfter })));
});

test('copies of one event run its handler once, in one batch and in another at the same time', async () => {
  const id = newId();
  const copies = [eventMessage({ id }), eventMessage({ id }), eventMessage({ id })];
  const { handlers, runsOf } = countingHandler();
  const [one, two, elsewhere] = copies as [(typeof copies)[0], (typeof copies)[0], (typeof copies)[0]];
  await Promise.all([
    handleBatch(batchOf([one, two]), depsOf({ handlers })),
    handleBatch(batchOf([elsewhere]), depsOf({ handlers })),
  ]);
  expect(runsOf(id)).toBe(1);
  expect(copies.map(fateOf)).toEqual(['acked', 'acked', 'acked']);
});

test('a copy that comes after the handler has run is acknowledged', async () => {
  const id = newId();
  const { handlers, runsOf } = countingHandler();
  await handleBatch(batchOf([eventMessage({ id })]), depsOf({ handlers }));
  const copy = eventMessage({ id });
  await handleBatch(batchOf([copy]), depsOf({ handlers }));
  expect(fateOf(copy)).toBe('acked');
  expect(runsOf(id)).toBe(1);
});

test('a step that has succeeded is not repeated by the next try', async () => {
  const id = newId();
  const [slack, mail] = [vi.fn(async () => {}), vi.fn(async () => {})];
  mail.mockRejectedValueOnce(new Error('no'));
  const { handlers } = countingHandler(async (_, { once }) => {
    await once('slack', slack);
    await once('mail', mail);
  });
  for (const attempts of [1, 2]) {
    await handleBatch(batchOf([eventMessage({ id }, { id: 'held', attempts })]), depsOf({ handlers }));
  }
  expect(await ledger.get(id)).toMatchObject({ status: 'processed' });
  expect([slack.mock.calls.length, mail.mock.calls.length]).toEqual([1, 2]);
});

test('nothing of a payload reaches the log; the record of a failure has all of its error', async () => {
  const id = newId();
  const secret = 'sixteen-word-link-into-the-account';
  const message = eventMessage({ id, data: { message: secret } });
  await handleBatch(batchOf([message]), depsOf(rejecting(new Error(`could not post ${secret}`))));
  expect((await ledger.get(id))?.lastError).toMatch(/^Error: could not post sixteen-word-link-into-the-account \(at /);
  expect(logged.events()).toMatchObject([{ event: 'event.retrying', error: expect.stringContaining('[redacted]') }]);
  expect(logged.lines().join()).not.toContain(secret);
});

test('a batch does not end before it has told of its dead', async () => {
  const telling = Promise.withResolvers<void>();
  const notices = { dead: vi.fn(() => telling.promise), quarantined: vi.fn(), manyQuarantined: vi.fn() };
  const ended = vi.fn();
  const { handlers } = rejecting(new PermanentFailure('gone'));
  const handling = handleBatch(batchOf([eventMessage({ id: newId() })]), depsOf({ handlers, notices })).then(ended);
  await vi.waitUntil(() => notices.dead.mock.calls.length > 0, { timeout: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(ended).not.toHaveBeenCalled();
  telling.resolve();
  await handling;
});

test('nothing of a payload reaches the log or the notice of an event that failed for good', async () => {
  const secret = 'sixteen-word-link-into-the-account';
  const notices = { dead: vi.fn(), quarantined: vi.fn(), manyQuarantined: vi.fn() };
  const message = eventMessage({ id: newId(), data: { message: secret } });
  const { handlers } = rejecting(new PermanentFailure(`could not post ${secret}`));
  await handleBatch(batchOf([message]), depsOf({ handlers, notices }));
  const told = { error: expect.stringContaining('could not post [redacted]') };
  expect(logged.events()).toMatchObject([{ event: 'event.dead', ...told }]);
  expect(notices.dead).toHaveBeenCalledExactlyOnceWith([expect.objectContaining(told)], expect.anything());
});

describe('a message that a newer Worker has written', () => {
  test('goes back to the queue, and nothing of it is kept', async () => {
    const message = testMessage(JSON.stringify({ version: 1_000, kind: 'event', what: 'nobody knows yet' }));
    await handleBatch(batchOf([message]), depsOf());
    expect(fateOf(message)).toEqual({ retriedAfter: 60 });
    expect(await ledger.get(`message:${message.id}`)).toBeNull();
  });

  test('has days among the dead letters', async () => {
    const letter = testMessage(JSON.stringify({ version: 1_000, kind: 'event' }));
    await handleDeadLetters(batchOf([letter]), depsOf());
    expect(fateOf(letter)).toEqual({ retriedAfter: 3_600 });
  });
});

describe('a batch with a slow handler in it', () => {
  test('has its quick events noted and acknowledged meanwhile, in one call', async () => {
    const [slow, ...quick] = [newId(), newId(), newId()] as [string, string, string];
    const calls: string[] = [];
    const env = envWithLedger((method) => {
      calls.push(method);
    });
    const ending = Promise.withResolvers<void>();
    const { handlers } = countingHandler(async ({ id }) => {
      if (id === slow) await ending.promise;
    });
    const messages = [slow, ...quick].map((id) => eventMessage({ id }));
    const handling = handleBatch(batchOf(messages), depsOf({ env, handlers }));
    await vi.waitUntil(() => messages.slice(1).every((message) => message.ack.mock.calls.length === 1), {
      timeout: 10_000,
    });
    expect(calls).toEqual(['claim', 'settle']);
    for (const id of quick) expect(await ledger.get(id)).toMatchObject({ status: 'processed' });
    expect(await ledger.get(slow)).toMatchObject({ status: 'processing' });
    ending.resolve();
    await handling;
    expect(calls).toEqual(['claim', 'settle', 'settle']);
    expect(messages.map(fateOf)).toEqual(['acked', 'acked', 'acked']);
  });

  test('brings each report to the ledger once', async () => {
    const calls: string[][] = [];
    const settle = async (_claim: string, reports: readonly Report[]) => {
      calls.push(reports.map(({ id }) => id));
      return reports.map(() => true);
    };
    const env = { LEDGER: { getByName: () => ({ settle }) } } as unknown as Env;
    const settlement = new Settlement('c1', 2, env);
    for (const id of ['quick', 'slow']) {
      await settlement.settle({ messageId: 'm', id, run: 1, outcome: 'processed', ms: 1, steps: [] });
    }
    expect(calls).toEqual([['quick'], ['slow']]);
  });

  test('notes each event that ends meanwhile, and not only the first ones', async () => {
    const endings = new Map([newId(), newId(), newId()].map((id) => [id, Promise.withResolvers<void>()]));
    const { handlers } = countingHandler(({ id }) => endings.get(id)?.promise);
    const messages = [...endings.keys()].map((id) => eventMessage({ id }));
    const handling = handleBatch(batchOf(messages), depsOf({ handlers }));
    for (const [index, ending] of [...endings.values()].entries()) {
      ending.resolve();
      await vi.waitUntil(() => messages[index]?.ack.mock.calls.length === 1, { timeout: 4_000 });
    }
    await handling;
  });
});

test('an event whose handler takes its consumer down ends dead after its last start, and is told once', async () => {
  const id = newId();
  const told = vi.fn();
  const notices = { dead: told, quarantined: () => {}, manyQuarantined: () => {} };
  const event = sampleEvent({ id });
  const request = { id, type: event.type, endpoint: event.endpoint, receivedAt: Date.now() };
  vi.useFakeTimers({ toFake: ['Date'] });
  for (let start = 1; start <= MAX_STARTS; start += 1) {
    // Each comes as a new message, as dead letters may: what counts is the row.
    const [answer] = await ledger.claim(`c${start}`, [
      { ...request, messageId: `m${start}`, event: JSON.stringify(event) },
    ]);
    expect(answer).toMatchObject({ kind: 'run', attempt: start });
    vi.setSystemTime(Date.now() + LEASE_MS + 1);
  }
  const { handlers } = countingHandler();
  const [last, copy] = [eventMessage({ id }), eventMessage({ id })];
  await handleBatch(batchOf([last]), depsOf({ handlers, notices }));
  await handleBatch(batchOf([copy]), depsOf({ handlers, notices }));
  expect(handlers.fallback).not.toHaveBeenCalled();
  expect([last, copy].map(fateOf)).toEqual(['acked', 'acked']);
  expect(told).toHaveBeenCalledTimes(1);
  expect(await ledger.get(id)).toMatchObject({ status: 'dead', attempts: MAX_STARTS });
});

describe('a run that another has overtaken', () => {
  /** Meanwhile another message claims the event, and this handler ends as `end` says. */
  async function overtaken(end: (request: ClaimRequest) => unknown) {
    const event = sampleEvent({ id: newId() });
    const { id, type, endpoint } = event;
    const request = { messageId: 'other', id, type, endpoint, receivedAt: Date.now(), event: JSON.stringify(event) };
    const notices = { dead: vi.fn(), quarantined: vi.fn(), manyQuarantined: vi.fn() };
    vi.useFakeTimers({ toFake: ['Date'] });
    const { handlers } = countingHandler(async () => {
      vi.setSystemTime(Date.now() + LEASE_MS);
      await ledger.claim('other', [request]);
      await end(request);
    });
    const message = eventMessage({ id });
    await handleBatch(batchOf([message]), depsOf({ handlers, notices }));
    expect(notices.dead).not.toHaveBeenCalled();
    return { id, fate: fateOf(message), status: (await ledger.get(id))?.status };
  }

  test('and that gives up comes back, and is told to nobody', async () => {
    const { fate, status } = await overtaken(() => Promise.reject(new PermanentFailure('gone')));
    expect({ fate, status }).toEqual({ fate: { retriedAfter: 5 }, status: 'processing' });
  });

  test('and that fails comes back after its delay, to find out', async () => {
    const { fate, status } = await overtaken(() => Promise.reject(new RetryLater(90)));
    expect({ fate, status }).toEqual({ fate: { retriedAfter: 90 }, status: 'processing' });
    expect(logged.events()).toEqual([]);
  });

  test('and that succeeds after the other did is acknowledged, and logged as a repetition', async () => {
    const { id, fate } = await overtaken(({ messageId, id, endpoint }) =>
      ledger.settle('other', [{ messageId, id, endpoint, run: 1, outcome: 'processed', ms: 1, steps: [] }]),
    );
    expect(fate).toBe('acked');
    expect(logged.events()).toMatchObject([
      { event: 'event.duplicate', id, note: expect.stringMatching(/^ran again/) },
    ]);
  });
});

test('an event that dies is told of while a neighbour still runs: that one may take the consumer down', async () => {
  const [dying, slow] = [newId(), newId()];
  const neighbour = Promise.withResolvers<void>();
  const { handlers } = countingHandler(async ({ id }) => {
    if (id === dying) throw new PermanentFailure('no');
    await neighbour.promise;
  });
  const notices = { dead: vi.fn(), quarantined: vi.fn(), manyQuarantined: vi.fn() };
  const [dead, alive] = [eventMessage({ id: dying }), eventMessage({ id: slow })];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const handling = handleBatch(batchOf([dead, alive]), depsOf({ handlers, notices }));
  await vi.waitUntil(() => dead.ack.mock.calls.length > 0, { timeout: 5_000 });
  expect(notices.dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(DEAD_TOLD_AFTER_MS);
  await vi.waitUntil(() => notices.dead.mock.calls.length > 0, { timeout: 5_000 });
  neighbour.resolve();
  await vi.waitUntil(() => alive.ack.mock.calls.length > 0, { timeout: 5_000 });
  await handling;
  expect(notices.dead.mock.calls).toMatchObject([[[{ id: dying }], {}]]);
});

test('no handler starts where the news of a neighbour has used up the lease', async () => {
  const [wornOut, healthy] = [newId(), newId()];
  vi.useFakeTimers({ toFake: ['Date'] });
  const message = eventMessage({ id: wornOut }, { attempts: 2 });
  for (let start = 0; start < MAX_STARTS; start += 1) {
    const request = { ...{ messageId: message.id, id: wornOut, type: 'outbid', endpoint: 'default' }, receivedAt: 1 };
    await ledger.claim(`c${start}`, [{ ...request, event: JSON.stringify(sampleEvent({ id: wornOut })) }]);
    vi.setSystemTime(Date.now() + LEASE_MS);
  }
  const { handlers } = countingHandler();
  const dead = vi.fn(() => void vi.setSystemTime(Date.now() + LEASE_MS));
  const notices = { dead, quarantined: vi.fn(), manyQuarantined: vi.fn() };
  const neighbour = eventMessage({ id: healthy });
  await handleBatch(batchOf([message, neighbour]), depsOf({ handlers, notices }));
  expect(dead).toHaveBeenCalledTimes(1);
  expect(handlers.fallback).not.toHaveBeenCalled();
  expect([message, neighbour].map(fateOf)).toEqual(['acked', { retriedAfter: 5 }]);
});
