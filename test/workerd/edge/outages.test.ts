// Queue and KV may fail or hang: nothing accepted is lost, and nothing lost is called accepted.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { collectConsole } from '../fakes/console.ts';
import { signedRequest } from '../signed-request.ts';
import { ACCEPTED, answerOf, STALE, UNAVAILABLE } from './answers.ts';
import { type Receiver, receiver } from './receiver.ts';

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  logged = collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const hang = () => new Promise<never>(() => {});

/** Lets time pass for a call that never comes back. */
async function passTime(call: ReturnType<typeof vi.fn>, ms: number) {
  await vi.waitUntil(() => call.mock.calls.length > 0, { timeout: 120_000 });
  await vi.advanceTimersByTimeAsync(ms);
}

describe('when the queue', () => {
  test('refuses, the answer is 503 and the id stays unmarked, so that the retry is accepted', async () => {
    const { deliver, events, seen } = receiver();
    events.send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
    const response = await deliver(await signedRequest({ id: 'retried' }));
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await answerOf(response)).toEqual(UNAVAILABLE);
    expect(seen.put).not.toHaveBeenCalled();
    expect(await answerOf(await deliver(await signedRequest({ id: 'retried' })))).toEqual(ACCEPTED);
  });

  test('refuses, the log says as an error which event could not be taken, and why', async () => {
    const { deliver, events } = receiver();
    events.send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
    await deliver(await signedRequest({ id: 'retried' }));
    const about = { id: 'retried', type: 'outbid', endpoint: 'default' };
    expect(logged.events()).toEqual([
      { event: 'webhook.refused', ...about, reason: 'queue_unavailable', error: 'Queue overloaded (10250)' },
    ]);
    expect(logged.methods()).toEqual(['error']);
  });

  test('refuses with a text without end, the log has its beginning', async () => {
    const { deliver, events } = receiver();
    events.send.mockRejectedValueOnce(new Error('Queue overloaded '.repeat(1_000)));
    await deliver(await signedRequest());
    expect(logged.events().map(({ error }) => String(error).length)).toEqual([200]);
  });

  test('throws before it returns, the answer is 503', async () => {
    const { deliver, events, seen } = receiver();
    events.send.mockImplementationOnce(() => {
      throw new TypeError('not a binding');
    });
    expect(await answerOf(await deliver(await signedRequest()))).toEqual(UNAVAILABLE);
    expect(seen.put).not.toHaveBeenCalled();
  });

  test("hangs, the answer is 503 within the provider's ten seconds and the id stays unmarked", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { deliver, events, seen } = receiver();
    events.send.mockImplementationOnce(hang);
    const answer = deliver(await signedRequest());
    await passTime(events.send, 9_000);
    expect(await answerOf(await answer)).toEqual(UNAVAILABLE);
    expect(seen.put).not.toHaveBeenCalled();
  });

  test('takes its time, the id is not marked before it has the event', async () => {
    const { deliver, events, seen } = receiver();
    const sending = Promise.withResolvers<void>();
    events.send.mockReturnValueOnce(sending.promise);
    const answer = deliver(await signedRequest());
    await vi.waitUntil(() => events.send.mock.calls.length > 0, { timeout: 120_000 });
    expect(seen.put).not.toHaveBeenCalled();
    sending.resolve();
    expect(await answerOf(await answer)).toEqual(ACCEPTED);
    expect(seen.put).toHaveBeenCalledTimes(1);
  });
});

describe('when KV', () => {
  test.each([
    ['fails to read', (world: Receiver) => world.seen.get.mockRejectedValue(new Error('KV GET failed: 500'))],
    [
      'fails to write',
      (world: Receiver) => world.seen.put.mockRejectedValue(new Error('KV PUT failed: 429 Too Many Requests')),
    ],
    [
      'throws at every touch',
      (world: Receiver) => {
        for (const call of [world.seen.get, world.seen.put]) {
          call.mockImplementation(() => {
            throw new Error('free tier spent');
          });
        }
      },
    ],
  ])('%s, an event is queued all the same', async (_, breakIt) => {
    const world = receiver();
    breakIt(world);
    expect(await answerOf(await world.deliver(await signedRequest()))).toEqual(ACCEPTED);
    expect(world.events.messages).toHaveLength(1);
  });

  test('hangs on a read, an event is queued within two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { deliver, events, seen } = receiver();
    seen.get.mockImplementationOnce(hang);
    const answer = deliver(await signedRequest());
    await passTime(seen.get, 2_000);
    expect(await answerOf(await answer)).toEqual(ACCEPTED);
    expect(events.messages).toHaveLength(1);
  });

  test('is out, a late delivery is kept all the same', async () => {
    const world = receiver();
    world.seen.get.mockRejectedValue(new Error('KV GET failed: 500'));
    world.seen.put.mockRejectedValue(new Error('KV PUT failed: 500'));
    expect(await answerOf(await world.deliver(await signedRequest({ ageSeconds: 900 })))).toEqual(STALE);
    expect(world.kept()).toHaveLength(1);
  });

  test('takes its time to write, the answer does not wait for it', async () => {
    const { env, events, seen } = receiver();
    const { app } = await import('../../../src/app.ts');
    seen.put.mockImplementationOnce(hang);
    const afterwards: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => afterwards.push(work) } as unknown as ExecutionContext;
    expect(await answerOf(await app.fetch(await signedRequest(), env, context))).toEqual(ACCEPTED);
    expect(events.messages).toHaveLength(1);
    expect(afterwards).toHaveLength(1);
  });
});
