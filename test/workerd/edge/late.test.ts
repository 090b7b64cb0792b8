// When a genuine delivery counts as late, what a Worker that runs late ones does, and what the log
// says of its age.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerTo } from '../../../src/edge/outcome.ts';
import { receive } from '../../../src/edge/receive.ts';
import { SeenIds } from '../../../src/edge/seen-ids.ts';
import { collectConsole } from '../fakes/console.ts';
import { signedRequest, TEST_SECRET } from '../signed-request.ts';
import { ACCEPTED, answerOf, STALE } from './answers.ts';
import { type Receiver, receiver } from './receiver.ts';

let logged: ReturnType<typeof collectConsole>;
beforeEach(() => {
  logged = collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A body that takes its time: the clock moves on before its last byte. */
function slowly(seconds: number) {
  return (body: Uint8Array) =>
    new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          vi.setSystemTime(Date.now() + seconds * 1000);
          controller.enqueue(body);
          controller.close();
        },
      },
      // Asked for nothing before somebody reads.
      { highWaterMark: 0 },
    );
}

test.each([
  [299, ACCEPTED],
  [306, STALE],
])('a delivery whose body takes %i seconds to arrive is judged by when it has arrived', async (seconds, answer) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const request = await signedRequest({ stream: slowly(seconds) });
  expect(await answerOf(await receiver().deliver(request))).toEqual(answer);
});

describe('the log tells how old a delivery was', () => {
  const lines = (event: string) => logged.events().filter((line) => line.event === event);

  test('when it was accepted, and when it came again', async () => {
    const { deliver } = receiver();
    for (let copy = 0; copy < 2; copy += 1) await deliver(await signedRequest({ id: 'aged', ageSeconds: 120 }));
    const age = { ageSeconds: expect.closeTo(120, -1) };
    expect([...lines('webhook.accepted'), ...lines('webhook.duplicate')]).toMatchObject([age, age]);
  });

  test('when it was kept', async () => {
    await receiver().deliver(await signedRequest({ ageSeconds: 900 }));
    expect(lines('webhook.quarantined')).toMatchObject([{ ageSeconds: expect.closeTo(900, -1) }]);
  });
});

describe('where late events are run', () => {
  /** The recipe as the route calls it, but for `LATE_EVENTS`. */
  async function deliverLate(world: Receiver, request: Request) {
    const context = createExecutionContext();
    const received = await receive(request, {
      events: world.events.binding,
      deadLetters: world.deadLetters.binding,
      seen: new SeenIds(world.seen.binding, 'default'),
      endpoint: 'default',
      secrets: [TEST_SECRET],
      rotating: false,
      lateEvents: 'run',
      clock: Date.now,
      waitUntil: (work) => context.waitUntil(work),
    });
    await waitOnExecutionContext(context);
    return { reason: received.reason, ...answerTo(received) };
  }

  test.each([[310], [86_399]])(
    'one signed %i s ago is refused, yet queued, marked as seen and not kept',
    async (age) => {
      const world = receiver();
      const answer = await deliverLate(world, await signedRequest({ id: 'late', ageSeconds: age }));
      expect(answer).toEqual({ reason: 'accepted_late', ...STALE });
      expect(world.events.messages).toHaveLength(1);
      expect([...world.seen.entries.keys()]).toEqual(['vastai:event:late']);
      expect(world.kept()).toEqual([]);
    },
  );

  test('one that is known already is refused and nothing else', async () => {
    const world = receiver();
    await deliverLate(world, await signedRequest({ id: 'late' }));
    expect(await deliverLate(world, await signedRequest({ id: 'late', ageSeconds: 400 }))).toMatchObject(STALE);
    expect(world.events.messages).toHaveLength(1);
    expect(world.kept()).toEqual([]);
  });

  test.each([
    ['signed more than a day ago', { ageSeconds: 86_410 }],
    ['signed ahead of time', { ageSeconds: -400 }],
    ['that cannot be read', { ageSeconds: 400, body: 'nonsense' }],
  ])('one %s is kept', async (_, options) => {
    const world = receiver();
    expect(await deliverLate(world, await signedRequest(options))).toMatchObject(STALE);
    expect(world.events.messages).toEqual([]);
    expect(world.kept()).toHaveLength(1);
  });

  test('one that the queue refuses is asked for again', async () => {
    const world = receiver();
    world.events.send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
    expect(await deliverLate(world, await signedRequest({ ageSeconds: 400 }))).toMatchObject({ status: 503 });
    expect([...world.seen.entries.keys()]).toEqual([]);
  });
});
