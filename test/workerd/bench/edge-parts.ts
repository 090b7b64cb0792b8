// What lies between a bare route and the edge, part by part: each of these routes does what the one
// before does and one thing more, so that the difference of two is the price of that thing.
import { type Context, Hono } from 'hono';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { log } from '../../../src/log.ts';
import { encodeMessage } from '../../../src/queue/message.ts';
import { withTimeout } from '../../../src/with-timeout.ts';

type Delivery = Context<{ Bindings: Env }>;

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const encoder = new TextEncoder();

/** What anyone would write who receives JSON, without and with Hono. */
export async function bareFetch(request: Request): Promise<Response> {
  const received = await request.arrayBuffer();
  return Response.json({ received: received.byteLength > 0 });
}

/** Key and headers as the shortest correct receiver has them: what is checked beyond is ours. */
async function prove({ req, env }: Delivery, body: Uint8Array): Promise<boolean> {
  key ??= crypto.subtle.importKey('raw', encoder.encode(env.VASTAI_WEBHOOK_SECRET), HMAC, false, ['verify']);
  const { headers } = req.raw;
  const mac = Uint8Array.fromHex((headers.get('x-vast-signature-256') ?? '').slice('sha256='.length));
  const before = encoder.encode(`${headers.get('x-vast-timestamp')}.`);
  const input = new Uint8Array(before.byteLength + body.byteLength);
  input.set(before);
  input.set(body, before.byteLength);
  return crypto.subtle.verify('HMAC', await key, mac, input);
}
let key: Promise<CryptoKey> | undefined;

function parse({ req }: Delivery, body: Uint8Array): AnyEvent {
  const timestamp = Number(req.raw.headers.get('x-vast-timestamp'));
  const event = parseEvent({ dialect: 'notification', body, timestamp }, 'default');
  if (!event.ok) throw new Error(event.failure.reason);
  return event.value;
}

/** Asks KV, sends, and marks, as the edge does, and waits for each as `wait` says. */
async function store({ env, executionCtx }: Delivery, event: AnyEvent, wait: typeof withTimeout): Promise<true> {
  const message = encodeMessage({ kind: 'event', event, receivedAt: Date.now() });
  const name = `vastai:event:${event.id}`;
  if (!message.ok || (await wait(env.SEEN.get(name), 1_000)) !== null) throw new Error('the stand-ins know nothing');
  await wait(env.EVENTS.send(message.value, { contentType: 'text' }), 7_000);
  executionCtx.waitUntil(env.SEEN.put(name, '1', { expirationTtl: 604_800 }));
  return true;
}

const untimed = <Value>(call: Promise<Value>) => call;

type Take = (context: Delivery, body: Uint8Array) => unknown;

function appThat(take: Take) {
  const app = new Hono<{ Bindings: Env }>();
  app.post('/webhooks/vastai', async (context) => {
    const taken = await take(context, new Uint8Array(await context.req.arrayBuffer()));
    return context.json({ received: Boolean(taken) }, taken ? 200 : 401);
  });
  return app;
}

const proven =
  (take: Take): Take =>
  async (context, body) =>
    (await prove(context, body)) && take(context, body);

/** Part upon part, in the order of what is added. */
export const partApps = {
  route: appThat((_, body) => body.byteLength > 0),
  proving: appThat(prove),
  parsing: appThat(proven(parse)),
  sending: appThat(proven((context, body) => store(context, parse(context, body), untimed))),
  timing: appThat(proven((context, body) => store(context, parse(context, body), withTimeout))),
  logging: appThat(
    proven(async (context, body) => {
      const event = parse(context, body);
      const { id, type, endpoint } = event;
      log('webhook.accepted', { id, type, endpoint, ageSeconds: 0 });
      return store(context, event, withTimeout);
    }),
  ),
};
