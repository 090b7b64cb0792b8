// What `npm run bench` times, as loops inside workerd: each route repeats one operation so often
// that the way to the Worker hardly counts. Every result is checked, because a fast failure is no
// result. Never deployed.

import { verify as verifyOctokit } from '@octokit/webhooks-methods';
import { Hono } from 'hono';
import { Webhook } from 'standardwebhooks';
import { app } from '../../../src/app.ts';
import { handleBatch } from '../../../src/consumer/batch.ts';
import type { Env } from '../../../src/env.ts';
import { sampleOf } from '../../../src/event/samples.ts';
import { encodeMessage } from '../../../src/queue/message.ts';
import { bytesFromHex, hexFromBytes } from '../../../src/signature/hex.ts';
import { canonicalInput, computeMac } from '../../../src/signature/mac.ts';
import { schemes } from '../../../src/signature/schemes.ts';
import { signDelivery } from '../../../src/signature/sign.ts';
import { verifyDelivery } from '../../../src/signature/verify.ts';
import { vectors } from '../signature/vectors.json';

export { EventLedger } from '../../../src/ledger/event-ledger.ts';

const [vector] = vectors;
if (vector === undefined) throw new Error('vectors.json has no vector');
const { secret, timestamp, signature } = vector;
const body = new Uint8Array((vector.body_hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16)));
const text = new TextDecoder().decode(body);

/** Repeats its operation and resolves when all are done. */
type Loop = (times: number, env: Env) => Promise<void>;

function check(right: boolean): void {
  if (!right) throw new Error('the operation did not do what it should');
}

const loops: Record<string, Loop> = {
  /** What a loop costs by itself: subtracted from the others. */
  nothing: async (times) => {
    for (let index = 0; index < times; index += 1) await undefined;
  },

  verify: async (times) => {
    const headers = new Headers({
      'Content-Type': 'application/json',
      'User-Agent': 'Vast.ai',
      'X-Vast-Event-Id': '7e9a2c4e6f9e4a24a53b77c2d8e3f0aa',
      'X-Vast-Delivery-Attempt': '1',
      [schemes.notification.signatureHeader]: signature,
      [schemes.notification.timestampHeader]: timestamp,
    });
    for (let index = 0; index < times; index += 1) check((await verifyDelivery(headers, body, [secret])).ok);
  },

  /** The platform's floor: key, MAC and input stand ready. */
  subtle: async (times) => {
    const imported = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), imported, false, ['verify']);
    const input = canonicalInput(timestamp, body);
    const mac = await computeMac(secret, input);
    for (let index = 0; index < times; index += 1) check(await crypto.subtle.verify('HMAC', key, mac, input));
  },

  /**
   * Kept as its documentation keeps it: made once. Like the other libraries it is given the body as
   * text, decoded already.
   */
  standardwebhooks: async (times) => {
    const webhook = new Webhook(btoa(secret));
    const now = new Date();
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': webhook.sign('msg_1', now, text),
    };
    for (let index = 0; index < times; index += 1) {
      check(webhook.verify(text, headers, { jsonParse: false }) === undefined);
      await undefined;
    }
  },

  octokit: async (times) => {
    const mac = `sha256=${hexFromBytes(await computeMac(secret, body))}`;
    for (let index = 0; index < times; index += 1) check(await verifyOctokit(secret, text, mac));
  },

  route: async (times) => {
    const fetch = bare.fetch;
    const init = await requestInit(secret);
    for (let index = 0; index < times; index += 1)
      check((await fetch(new Request(ADDRESS, init), noOp, ctx)).status === 200);
  },
  /**
   * What no receiver of signed JSON can leave out. The rest of the edge's time is what it does
   * beyond that.
   */
  least: async (times) => {
    const imported = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), imported, false, ['verify']);
    const least = new Hono<{ Bindings: Env }>();
    least.post('/webhooks/vastai', async (context) => {
      const received = new Uint8Array(await context.req.arrayBuffer());
      const { headers } = context.req.raw;
      const mac = bytesFromHex((headers.get('x-vast-signature-256') ?? '').slice('sha256='.length));
      const input = canonicalInput(headers.get('x-vast-timestamp') ?? '', received);
      if (!(await crypto.subtle.verify('HMAC', key, mac, input))) return context.json({ received: false }, 401);
      const event = JSON.parse(new TextDecoder().decode(received)) as { event_id: string };
      return context.json({ received: event.event_id !== '' });
    });
    const init = await requestInit(secret);
    for (let index = 0; index < times; index += 1) {
      check((await least.fetch(new Request(ADDRESS, init), noOp, ctx)).status === 200);
    }
  },
  edge: async (times) => {
    const init = await requestInit(secret);
    for (let index = 0; index < times; index += 1) {
      check((await app.fetch(new Request(ADDRESS, init), noOp, ctx)).status === 200);
    }
  },
  forged: async (times) => {
    const init = await requestInit('another secret');
    for (let index = 0; index < times; index += 1) {
      check((await app.fetch(new Request(ADDRESS, init), noOp, ctx)).status === 401);
    }
  },

  /** Here an operation is an event. */
  consume10: (times, env) => consume(times, 10, env),
  consume100: (times, env) => consume(times, 100, env),
};

const ADDRESS = 'https://bench.test/webhooks/vastai';

/** What anyone would write who receives JSON with Hono: the floor of the edge path. */
const bare = new Hono<{ Bindings: Env }>();
bare.post('/webhooks/vastai', async (context) => {
  const received = await context.req.arrayBuffer();
  return context.json({ received: received.byteLength > 0 });
});

const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as never;

/** Bindings that answer at once, so that what is timed is ours. */
const noOp = {
  VASTAI_WEBHOOK_SECRET: secret,
  SEEN: { get: async () => null, put: async () => undefined },
  EVENTS: { send: async () => undefined },
  DEAD_LETTERS: { send: async () => undefined },
} as unknown as Env;

async function requestInit(signedWith: string): Promise<RequestInit> {
  const now = String(Math.floor(Date.now() / 1000));
  const signed = await signDelivery(schemes.notification, signedWith, now, body);
  // As every request over the wire does, it says how long it is; one made in code would not.
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.byteLength), ...signed };
  return { method: 'POST', headers: new Headers(headers), body };
}

async function consume(times: number, size: number, env: Env): Promise<void> {
  let handled = 0;
  let acked = 0;
  const fallback = async () => {
    handled += 1;
  };
  const deps = { env, handlers: { fallback }, log: () => undefined, random: Math.random };
  for (let done = 0; done < times; done += size) {
    const messages = Array.from({ length: size }, () => ({
      ...messageOf(crypto.randomUUID()),
      ack: () => {
        acked += 1;
      },
      retry: () => check(false),
    }));
    await handleBatch({ queue: 'vastai-events', messages } as unknown as MessageBatch, deps);
  }
  check(handled === times && acked === times);
}

function messageOf(id: string) {
  const { event_id: _id, notif_type: type, ...data } = JSON.parse(sampleOf('outbid', { id, now: 0 }).body);
  const created = new Date(0).toISOString();
  const event = { id, type, endpoint: 'default', dialect: 'notification' as const, created, data };
  const message = encodeMessage({ kind: 'event', event, receivedAt: Date.now() });
  return { id, timestamp: new Date(), attempts: 1, body: message.ok ? message.value : '' };
}

// Where lines go is the platform's affair, and here it would be a pipe to the bench. Writing them
// is ours and is timed.
for (const method of ['log', 'warn'] as const) console[method] = () => undefined;

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    await loops[pathname.slice(1)]?.(Number(searchParams.get('times')), env);
    return new Response(pathname.slice(1) in loops ? 'done' : 'unknown', {
      status: pathname.slice(1) in loops ? 200 : 404,
    });
  },
} satisfies ExportedHandler<Env>;
