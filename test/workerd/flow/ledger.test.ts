// The whole way while parts of it fail: each accepted event is processed once, whatever is out
// meanwhile.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { collectConsole } from '../fakes/console.ts';
import { fakeKv } from '../fakes/kv.ts';
import { handlers } from '../handlers.ts';
import { signedRequest } from '../signed-request.ts';

let output: ReturnType<typeof collectConsole>;
beforeEach(() => {
  output = collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 120_000, interval: 100 });
const linesOf = (event: string, id: string) => output.events().filter((line) => line.event === event && line.id === id);
const post = async (id: string) => exports.default.fetch(await signedRequest({ id }));

/**
 * Delivers to the Worker with other bindings; whatever it sends still goes through the real queue.
 */
async function postWith(changes: Partial<Env>, id: string): Promise<Response> {
  const context = createExecutionContext();
  const response = await worker.fetch(await signedRequest({ id }), { ...env, ...changes }, context);
  await waitOnExecutionContext(context);
  return response;
}

function brokenKv(): KVNamespace {
  const kv = fakeKv();
  kv.get.mockRejectedValue(new Error('KV GET failed: 500'));
  kv.put.mockRejectedValue(new Error('KV PUT failed: 429 Too Many Requests'));
  return kv.binding;
}

test('eight copies of an event at once run its handler once', async () => {
  const handler = vi.spyOn(handlers, 'outbid');
  const ids = ['many-1', 'many-2', 'many-3', 'many-4', 'many-5'];
  const copies = ids.flatMap((id) => Array.from({ length: 8 }, () => id));
  const responses = await Promise.all(copies.map(post));
  expect(responses.map((response) => response.status)).toEqual(copies.map(() => 200));
  for (const id of ids) {
    const accepted = linesOf('webhook.accepted', id).length;
    expect(accepted + linesOf('webhook.duplicate', id).length).toBe(8);
    await until(() => linesOf('event.processed', id).length + linesOf('event.duplicate', id).length >= accepted);
    expect(linesOf('event.processed', id)).toHaveLength(1);
    expect(await openLedger(env).get(id)).toMatchObject({ status: 'processed', attempts: 1 });
  }
  expect(handler).toHaveBeenCalledTimes(ids.length);
});

test('with KV failing on every call every event is processed once', async () => {
  const handler = vi.spyOn(handlers, 'outbid');
  const SEEN = brokenKv();
  const ids = ['no-kv-1', 'no-kv-2', 'no-kv-3'];
  for (const id of [...ids, ...ids]) expect((await postWith({ SEEN }, id)).status).toBe(200);
  for (const id of ids) {
    // The isolate remembers what it has sent, even without KV.
    expect(linesOf('webhook.duplicate', id)).toHaveLength(1);
    await until(() => linesOf('event.processed', id).length === 1);
  }
  expect(handler).toHaveBeenCalledTimes(ids.length);
});

test('a delivery that the queue refuses is processed when the provider sends it again', async () => {
  const EVENTS = { send: async () => Promise.reject(new Error('Queue overloaded (10250)')) } as unknown as Queue;
  const refused = await postWith({ EVENTS }, 'refused-first');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/);
  expect(await (await post('refused-first')).json()).toEqual({ received: true });
  await until(() => linesOf('event.processed', 'refused-first').length === 1);
});

test('an event that arrives while the ledger is out waits in the queue and is processed', async () => {
  const handler = vi.spyOn(handlers, 'outbid');
  const outage = vi
    .spyOn(EventLedger.prototype, 'claim')
    .mockRejectedValue(new Error('Durable Object storage timeout'));
  expect((await post('ledger-out')).status).toBe(200);
  await until(() => linesOf('event.deferred', 'ledger-out').length === 1);
  expect(handler).not.toHaveBeenCalled();
  outage.mockRestore();
  await until(() => linesOf('event.processed', 'ledger-out').length === 1);
  expect(handler).toHaveBeenCalledTimes(1);
});
