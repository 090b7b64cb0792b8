// What a handler learns of the instance its event is about: one read for a whole batch, and only
// what Vast.ai has said.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import type { Handler, HandlerContext } from '../../../src/consumer/define-handlers.ts';
import { lookOnce } from '../../../src/consumer/look.ts';
import { runHandler } from '../../../src/consumer/run-handler.ts';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { INSTANCE_TIMEOUT_MS } from '../../../src/limits.ts';
import { openInstances } from '../../../src/vast/instances.ts';
import { type Fault, READ_KEY, VastAccount } from '../../platform/vast-account.ts';
import { collectConsole } from '../fakes/console.ts';
import { batchOf, depsOf, eventMessage, fateOf } from './batch-message.ts';
import { sampleEvent } from './sample-event.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function scene(fetch?: typeof globalThis.fetch) {
  const account = new VastAccount();
  const id = account.add({ label: 'train', num_gpus: 2 });
  const options = { fetch: fetch ?? account.fetch, timeoutMs: INSTANCE_TIMEOUT_MS, maxTries: 1 };
  const read = openInstances({ VAST_READ_KEY: READ_KEY }, options);
  return { account, id, read, lookAt: (event: AnyEvent) => lookOnce([event], read)(event) };
}

const about = (instanceId: number, changes: Partial<AnyEvent> = {}) =>
  sampleEvent({ id: crypto.randomUUID(), mentions: { instanceId }, ...changes });

test('the instance that the text names is known, and since when', async () => {
  const { id, lookAt } = scene();
  const before = Date.now();
  const look = await lookAt(about(id));
  expect(look).toMatchObject({ kind: 'known', instance: { id, label: 'train', num_gpus: 2, gpu_name: 'RTX 4090' } });
  expect(look.kind === 'known' && look.readAt).toBeGreaterThanOrEqual(before);
});

test('nothing comes with it that was not asked for', async () => {
  const { id, lookAt } = scene();
  expect(JSON.stringify(await lookAt(about(id)))).not.toContain('nobody-may-see');
});

test('without a key nothing is asked', async () => {
  const fetching = vi.spyOn(globalThis, 'fetch');
  const event = about(1);
  expect(await lookOnce([event], undefined)(event)).toEqual({ kind: 'unknown', reason: 'no_key' });
  expect(fetching).not.toHaveBeenCalled();
});

test('an event that names no instance is not asked about', async () => {
  const { account, lookAt } = scene();
  expect(await lookAt(sampleEvent())).toEqual({ kind: 'unknown', reason: 'no_id' });
  expect(account.calls).toEqual([]);
});

test('what patrol saw names its instance in its data', async () => {
  const { id, lookAt } = scene();
  const event = sampleEvent({ endpoint: 'patrol', data: { instance: { id } } });
  expect(await lookAt(event)).toMatchObject({ kind: 'known', instance: { id } });
});

test.each([{ instance: null }, {}, { instance: 'none' }])(
  'what patrol saw of the account names none (%j)',
  async (data) => {
    const { lookAt } = scene();
    expect(await lookAt(sampleEvent({ endpoint: 'patrol', data }))).toEqual({ kind: 'unknown', reason: 'no_id' });
  },
);

test('data that somebody else has sent is not believed', async () => {
  const { account, id, lookAt } = scene();
  const event = sampleEvent({ dialect: 'resource', type: 'resource.created', data: { instance: { id } } });
  expect(await lookAt(event)).toEqual({ kind: 'unknown', reason: 'no_id' });
  expect(account.calls).toEqual([]);
});

test('an instance that the account does not have is gone', async () => {
  const { account, id, lookAt } = scene();
  account.destroy(id);
  expect(await lookAt(about(id))).toEqual({ kind: 'unknown', reason: 'gone' });
});

const faults: Fault[] = [500, 502, 401, 403, 410, 429, 'unsuccessful', 'cut', 'half', 'no_id', 'web_page', 'no_answer'];

test.each(faults)('nothing is concluded from a read that fails with %s', async (fault) => {
  const { account, id, lookAt } = scene();
  account.fault = fault;
  expect(await lookAt(about(id))).toEqual({ kind: 'unknown', reason: 'unreachable' });
  expect(account.calls).toHaveLength(1);
});

test('nothing is concluded where the list does not keep to the ids that were asked for', async () => {
  const account = new VastAccount();
  for (let count = 0; count < 60; count += 1) account.add();
  const { lookAt } = scene((input, init) => {
    const url = new URL(String(input));
    url.searchParams.delete('select_filters');
    return account.fetch(url, init);
  });
  expect(await lookAt(about(48_000_059))).toEqual({ kind: 'unknown', reason: 'unreachable' });
  expect(account.calls).toHaveLength(1);
});

test('a reader that throws is as good as none that answers', async () => {
  const event = about(1);
  const look = lookOnce([event], async () => Promise.reject(new Error('no')));
  expect(await look(event)).toEqual({ kind: 'unknown', reason: 'unreachable' });
});

test('an API that does not answer has five seconds', async () => {
  vi.useFakeTimers();
  const ended = vi.fn();
  const event = about(1);
  void lookOnce([event], () => new Promise(() => {}))(event).then(ended);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toHaveBeenCalledWith({ kind: 'unknown', reason: 'unreachable' });
});

describe('a batch', () => {
  /** Runs five events with this handler; the account knows an instance for each. */
  async function runFive(run: Handler<AnyEvent>) {
    const { account, read } = scene();
    const ids = [1, 2, 3, 4, 5].map(() => account.add());
    const messages = ids.map((instanceId) => eventMessage({ id: crypto.randomUUID(), mentions: { instanceId } }));
    await handleBatch(batchOf(messages), depsOf({ handlers: { fallback: run }, readInstances: read }));
    expect(messages.map(fateOf)).toEqual(messages.map(() => 'acked'));
    return account;
  }

  test('reads once, however many of its handlers ask how often', async () => {
    const seen: unknown[] = [];
    const account = await runFive(async (event, context) => {
      const [first, again] = await Promise.all([context.instance(), context.instance()]);
      expect(first).toEqual(again);
      seen.push(first.kind === 'known' && first.instance.id === event.mentions?.instanceId);
      await context.instance();
    });
    expect(seen).toEqual([true, true, true, true, true]);
    expect(account.calls).toHaveLength(1);
  });

  test('reads nothing where no handler asks', async () => {
    expect((await runFive(() => {})).calls).toEqual([]);
  });
});

test('a handler outside a batch has a look that knows of no key', async () => {
  let context: HandlerContext | undefined;
  const fallback: Handler<AnyEvent> = (_event, given) => {
    context = given;
  };
  await runHandler(about(1), { attempt: 1, steps: [] }, {}, { env: {} as Env, handlers: { fallback } });
  expect(await context?.instance()).toEqual({ kind: 'unknown', reason: 'no_key' });
});
