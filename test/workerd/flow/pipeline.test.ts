// The whole way, through the real local queue: from a signed POST to the handler's run.
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLedger } from '../../../src/ledger/client.ts';
import { collectConsole } from '../fakes/console.ts';
import { handlers } from '../handlers.ts';
import { DIALECTS, signedRequest } from '../signed-request.ts';

let output: ReturnType<typeof collectConsole>;
beforeEach(() => {
  output = collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The log lines about one event, once one of them is `event`. */
async function linesOf(id: string, event: string) {
  const about = () => output.events().filter((line) => line.id === id);
  await vi.waitUntil(() => about().some((line) => line.event === event), { timeout: 120_000, interval: 50 });
  return about();
}

test.each(DIALECTS)('a delivery in the %s dialect is accepted, handled and logged', async (dialect) => {
  const id = `flow-${dialect}`;
  const response = await exports.default.fetch(await signedRequest({ dialect, id }));
  expect(await response.json()).toEqual({ received: true });
  const lines = await linesOf(id, 'event.processed');
  expect(lines.map((line) => line.event)).toEqual(['webhook.accepted', 'handler.ran', 'event.processed']);
  expect(lines.at(-1)).toMatchObject({ endpoint: 'default', attempt: 1, ms: expect.any(Number) });
});

test('each endpoint names itself in its events', async () => {
  const url = 'https://receiver.test/webhooks/vastai/host';
  const secret = env.VASTAI_WEBHOOK_SECRET_HOST ?? '';
  const request = await signedRequest({ id: 'flow-host', type: 'machine_offline', url, secret });
  expect((await exports.default.fetch(request)).status).toBe(200);
  expect((await linesOf('flow-host', 'event.processed')).at(-1)).toMatchObject({ endpoint: 'host' });
});

test('events of unknown and hostile types reach the fallback', async () => {
  const types = ['never_heard_of', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'fallback'];
  const fallback = vi.spyOn(handlers, 'fallback');
  for (const type of types) {
    expect((await exports.default.fetch(await signedRequest({ id: `hostile-${type}`, type }))).status).toBe(200);
  }
  for (const type of types)
    expect((await linesOf(`hostile-${type}`, 'event.processed')).at(-1)).toMatchObject({ type });
  expect(new Set(fallback.mock.calls.map(([event]) => event.type))).toEqual(new Set(types));
});

test('what is refused although genuine ends in the ledger with its raw body', async () => {
  const response = await exports.default.fetch(await signedRequest({ id: 'flow-late', ageSeconds: 900 }));
  expect(response.status).toBe(401);
  const ledger = openLedger(env);
  await vi.waitUntil(async () => (await ledger.get('flow-late')) !== null, { timeout: 120_000, interval: 100 });
  expect(await ledger.get('flow-late')).toMatchObject({
    status: 'quarantined',
    event: { type: 'outbid' },
    refusal: { reason: 'timestamp_stale', body: expect.stringMatching(/^ey/) },
  });
});
