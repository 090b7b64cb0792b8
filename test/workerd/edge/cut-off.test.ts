// A request that its client cuts off may never hear from the queue: its copies are not kept waiting
// for it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SeenIds } from '../../../src/edge/seen-ids.ts';
import { SEND_TIMEOUT_MS } from '../../../src/limits.ts';
import { succeed } from '../../../src/result.ts';
import { fakeKv } from '../fakes/kv.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a copy of a delivery that was cut off is refused once, and the next one is sent', async () => {
  const { binding } = fakeKv();
  const seen = () => new SeenIds(binding, 'default');
  // The platform drops whatever a request waits for once its client has gone.
  const cutOff = Promise.withResolvers<ReturnType<typeof succeed<void>>>();
  void seen().sendOnce('event', 'a', () => cutOff.promise);

  const send = vi.fn(async () => succeed(undefined));
  const copies = [seen().sendOnce('event', 'a', send), seen().sendOnce('event', 'a', send)];
  await vi.advanceTimersByTimeAsync(SEND_TIMEOUT_MS);
  for (const copy of copies) expect(await copy).toMatchObject({ ok: false });
  expect(send).not.toHaveBeenCalled();

  const sending = Promise.withResolvers<ReturnType<typeof succeed<void>>>();
  const next = seen().sendOnce('event', 'a', () => sending.promise);
  // Even one that comes back after all leaves the new one its place.
  cutOff.resolve(succeed(undefined));
  await vi.advanceTimersByTimeAsync(0);
  const copy = seen().sendOnce('event', 'a', send);
  sending.resolve(succeed(undefined));
  expect([await next, await copy]).toEqual([succeed('sent'), succeed('copy')]);
  expect(send).not.toHaveBeenCalled();
});
