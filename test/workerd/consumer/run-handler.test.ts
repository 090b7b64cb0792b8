// How a handler's run can end. It always ends, and never throws.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Handler, HandlerContext } from '../../../src/consumer/define-handlers.ts';
import { runHandler, timeLimit } from '../../../src/consumer/run-handler.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { HandlerTimeout, PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { collectConsole } from '../fakes/console.ts';
import { sampleEvent } from './sample-event.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const run = (fallback: Handler<AnyEvent>, handlerTimeoutMs?: number, event = sampleEvent()) =>
  runHandler(
    event,
    { attempt: 3, steps: [] },
    {},
    { env, handlers: { fallback }, ...(handlerTimeoutMs !== undefined && { handlerTimeoutMs }) },
  );

test('a handler that returns has succeeded', async () => {
  expect(await run(() => {})).toEqual({ kind: 'succeeded', ms: expect.any(Number), steps: [] });
});

test('a handler gets its event, the attempt and a key that is the same for every attempt', async () => {
  const handler = vi.fn<Handler<AnyEvent>>();
  await run(handler);
  expect(handler).toHaveBeenCalledExactlyOnceWith(
    sampleEvent(),
    expect.objectContaining({ attempt: 3, idempotencyKey: 'event-1', env }),
  );
});

describe('what a handler threw', () => {
  const thrower = () => {
    throw Object.assign(new Error(TEXT), { stack: `Error: ${TEXT}\n    at outbid (file:///tmp/index.js:7:11)` });
  };
  const TEXT = 'Instance 4711\n    at payload (file:///tmp/index.js:1:1)';

  test('is followed on this machine by its trace, which wrangler turns into places in the source', async () => {
    const { lines } = collectConsole();
    await runHandler(
      sampleEvent(),
      { attempt: 1, steps: [] },
      {},
      { env: { ...env, LOCAL_DEV: '1' }, handlers: { fallback: thrower } },
    );
    expect(lines()).toEqual(['outbid event-1 failed at:\n    at outbid (file:///tmp/index.js:7:11)']);
  });

  test('has no trace in the log anywhere else', async () => {
    const { lines } = collectConsole();
    await run(thrower);
    expect(lines()).toEqual([]);
  });
});

test('the key of an event at a named endpoint names the endpoint, too', async () => {
  const handler = vi.fn<Handler<AnyEvent>>();
  await run(handler, undefined, sampleEvent({ endpoint: 'host' }));
  expect(handler.mock.calls[0]?.[1].idempotencyKey).toBe('host:event-1');
});

test('what a handler logs names its event, and what it gives itself comes first', async () => {
  const logged = collectConsole();
  const fallback: Handler<AnyEvent> = (_event, context) => context.log('handler.noted', { ms: 7, attempt: 9 }, 'warn');
  const event = sampleEvent();
  await run(fallback);
  const about = { id: event.id, type: event.type, endpoint: event.endpoint };
  expect(logged.events()).toEqual([{ event: 'handler.noted', ...about, attempt: 9, ms: 7 }]);
});

test.each<[string, Handler<AnyEvent>]>([
  ['rejects', async () => Promise.reject(new TypeError('no'))],
  [
    'throws before its first await',
    () => {
      throw new TypeError('no');
    },
  ],
])('a handler that %s has failed', async (_, handler) => {
  expect(await run(handler)).toEqual({
    kind: 'failed',
    ms: expect.any(Number),
    steps: [],
    error: { kept: expect.stringMatching(/^TypeError: no \(at /), told: expect.stringMatching(/^TypeError: no/) },
  });
});

test.each([
  [undefined, 'thrown undefined'],
  [null, 'thrown null'],
  [0, 'thrown number'],
  [{ message: 'no error' }, 'thrown object'],
  ['a text that says it all', 'a text that says it all'],
])('a handler that throws %j has failed', async (thrown, kept) => {
  expect(await run(async () => Promise.reject(thrown))).toMatchObject({ kind: 'failed', error: { kept } });
});

test('a handler whose error cannot even be read has failed', async () => {
  const unreadable = new Error('no');
  Object.defineProperty(unreadable, 'message', {
    get: () => {
      throw new Error('not even this');
    },
  });
  expect(await run(async () => Promise.reject(unreadable))).toMatchObject({ kind: 'failed' });
});

test('PermanentFailure ends an event for good', async () => {
  expect(await run(async () => Promise.reject(new PermanentFailure('gone')))).toEqual({
    kind: 'failed_for_good',
    ms: expect.any(Number),
    steps: [],
    error: expect.objectContaining({ kept: expect.stringMatching(/^PermanentFailure: gone \(at /) }),
  });
});

test('RetryLater chooses the delay', async () => {
  expect(await run(async () => Promise.reject(new RetryLater(90)))).toMatchObject({ kind: 'failed', delaySeconds: 90 });
});

describe('a handler that does not finish', () => {
  test('has failed when its time is over, and its signal fires', async () => {
    let signal: AbortSignal | undefined;
    const outcome = await run((_, context) => {
      signal = context.signal;
      return new Promise(() => {});
    }, 20);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { kept: expect.stringContaining('HandlerTimeout: handler did not finish within 20 ms') },
    });
    expect(signal?.reason).toBeInstanceOf(HandlerTimeout);
  });

  test('has 30 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ended = vi.fn();
    const running = run(() => new Promise(() => {})).then(ended);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await running;
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

test('the signal stays silent for a handler that finishes', async () => {
  let signal: AbortSignal | undefined;
  await run((_, context) => {
    signal = context.signal;
  }, 20);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(signal?.aborted).toBe(false);
});

describe('runs that share a time limit', () => {
  const shared = (limit: ReturnType<typeof timeLimit>, handler: Handler<AnyEvent>) =>
    runHandler(
      sampleEvent(),
      { attempt: 1, steps: [] },
      {},
      { env, handlers: { fallback: handler } },
      undefined,
      limit,
    );

  const slow = () => scheduler.wait(500);

  test('all fail when it is over, and no signal fires for one that has finished', async () => {
    const limit = timeLimit(20);
    const signals: AbortSignal[] = [];
    const handlers: Handler<AnyEvent>[] = [slow, () => {}, slow];
    const runs = handlers.map((handler) =>
      shared(limit, (event, context) => {
        signals.push(context.signal);
        return handler(event, context);
      }),
    );
    expect((await Promise.all(runs)).map(({ kind }) => kind)).toEqual(['failed', 'succeeded', 'failed']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, true]);
  });

  test('take one timer, which does not outlive them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const limit = timeLimit();
    const { promise, resolve } = Promise.withResolvers<void>();
    const runs = [shared(limit, () => {}), shared(limit, () => promise)];
    expect(vi.getTimerCount()).toBe(1);
    await runs[0];
    expect(vi.getTimerCount()).toBe(1);
    resolve();
    await runs[1];
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are timed from their own start on where all others have ended', async () => {
    const limit = timeLimit(20);
    await shared(limit, () => {});
    expect(await shared(limit, slow)).toMatchObject({ kind: 'failed' });
  });
});

describe('once', () => {
  async function withContext(use: (context: HandlerContext) => Promise<void>) {
    expect(await run(async (_, context) => use(context))).toMatchObject({ kind: 'succeeded' });
  }

  test('runs a step that has succeeded no second time', async () => {
    const step = vi.fn(async () => {});
    await withContext(async ({ once }) => {
      await once('mail', step);
      await once('mail', step);
    });
    expect(step).toHaveBeenCalledTimes(1);
  });

  test('runs a step again that has failed, and passes its error on', async () => {
    const step = vi.fn(async () => {}).mockRejectedValueOnce(new Error('first'));
    await withContext(async ({ once }) => {
      await expect(once('mail', step)).rejects.toThrow('first');
      await once('mail', step);
    });
    expect(step).toHaveBeenCalledTimes(2);
  });

  test('does not report a step that ends after the time-out', async () => {
    const ending = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const outcome = await run(async (_, { once }) => {
      await once('early', async () => {});
      await once('late', () => ending.promise);
      late.resolve();
    }, 20);
    ending.resolve();
    await late.promise;
    expect(outcome).toMatchObject({ kind: 'failed', steps: ['early'] });
  });

  test('tells steps apart by their names', async () => {
    const step = vi.fn(async () => {});
    await withContext(async ({ once }) => {
      await once('mail', step);
      await once('constructor', step);
    });
    expect(step).toHaveBeenCalledTimes(2);
  });
});
