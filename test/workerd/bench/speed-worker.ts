// What `npm run bench` times, as loops inside workerd: each route repeats one operation so often
// that the way to the Worker hardly counts. Every result is checked, because a fast failure is no
// result. Never deployed.

import { verify as verifyOctokit } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { app } from '../../../src/app.ts';
import { handleBatch } from '../../../src/consumer/batch.ts';
import type { Env } from '../../../src/env.ts';
import { sampleOf } from '../../../src/event/samples.ts';
import { encodeMessage } from '../../../src/queue/message.ts';
import { schemes } from '../../../src/signature/schemes.ts';
import { signDelivery } from '../../../src/signature/sign.ts';
import { verifyDelivery } from '../../../src/signature/verify.ts';
import { vectors } from '../signature/vectors.json';
import { bareFetch, partApps } from './edge-parts.ts';

export { EventLedger } from '../../../src/ledger/event-ledger.ts';
export { Patrol } from '../../../src/patrol/patrol.ts';

const [vector] = vectors;
if (vector === undefined) throw new Error('vectors.json has no vector');
const { secret, timestamp, signature } = vector;
const body = Uint8Array.fromHex(vector.body_hex);
const text = new TextDecoder().decode(body);

/** Repeats its operation and resolves when all are done. */
type Loop = (times: number, env: Env) => Promise<void>;

type Fetch = (request: Request, env: Env, ctx: ExecutionContext) => Response | Promise<Response>;

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
    const key = await hmacKey(['sign', 'verify']);
    const input = new TextEncoder().encode(`${timestamp}.${text}`);
    const mac = await crypto.subtle.sign('HMAC', key, input);
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
    const signed = await crypto.subtle.sign('HMAC', await hmacKey(['sign']), body);
    const mac = `sha256=${new Uint8Array(signed).toHex()}`;
    for (let index = 0; index < times; index += 1) check(await verifyOctokit(secret, text, mac));
  },

  bare: (times) => deliver(bareFetch, times, 200),
  route: (times) => deliver(partApps.route.fetch, times, 200),
  proving: (times) => deliver(partApps.proving.fetch, times, 200),
  parsing: (times) => deliver(partApps.parsing.fetch, times, 200),
  sending: (times) => deliver(partApps.sending.fetch, times, 200, times),
  timing: (times) => deliver(partApps.timing.fetch, times, 200, times),
  logging: (times) => deliver(partApps.logging.fetch, times, 200, times),
  edge: (times) => deliver(app.fetch, times, 200, times),
  forged: (times) => deliver(app.fetch, times, 401),

  /** Here an operation is an event. */
  consume5: (times, env) => consume(times, 5, env),
  consume10: (times, env) => consume(times, 10, env),
  consume50: (times, env) => consume(times, 50, env),
  consume100: (times, env) => consume(times, 100, env),
};

const ADDRESS = 'https://bench.test/webhooks/vastai';

const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as never;

/** What the queue was given. */
let sent = 0;

/** Bindings that answer at once, so that what is timed is ours. */
const bindings = {
  VASTAI_WEBHOOK_SECRET: secret,
  SEEN: { get: async () => null, put: async () => undefined },
  EVENTS: {
    send: async () => {
      sent += 1;
    },
  },
  DEAD_LETTERS: { send: async () => undefined },
} as unknown as Env;

function hmacKey(uses: ('sign' | 'verify')[]): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    uses,
  );
}

/** Deliveries of different events, made before the clock starts: each is new to the edge. */
let waiting: RequestInit[] = [];
/** The same for the consumer. */
let inQueue: ReturnType<typeof messageOf>[] = [];

async function prepare(times: number, signedWith: string): Promise<void> {
  const now = String(Math.floor(Date.now() / 1000));
  const { event_id: id } = JSON.parse(text) as { event_id: string };
  const sign = async (): Promise<RequestInit> => {
    const fresh = text.replace(id, crypto.randomUUID().replaceAll('-', ''));
    const bytes = new TextEncoder().encode(fresh);
    const signed = await signDelivery(schemes.notification, signedWith, now, bytes);
    // As every request over the wire does, it says how long it is; one made in code would not.
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(bytes.byteLength), ...signed };
    return { method: 'POST', headers: new Headers(headers), body: bytes };
  };
  waiting = [];
  for (let index = 0; index < times; index += 1) waiting.push(await sign());
}

/** Answers what waits. An event that is accepted reaches the queue: a duplicate would not. */
async function deliver(fetch: Fetch, times: number, status: number, queued = 0): Promise<void> {
  const before = sent;
  for (const init of waiting) check((await fetch(new Request(ADDRESS, init), bindings, ctx)).status === status);
  check(waiting.length === times && sent - before === queued);
  waiting = [];
}

async function consume(times: number, size: number, env: Env): Promise<void> {
  let handled = 0;
  let acked = 0;
  const fallback = async () => {
    handled += 1;
  };
  const ack = () => {
    acked += 1;
  };
  const deps = { env, handlers: { fallback }, log: () => undefined, random: Math.random };
  for (let done = 0; done < times; done += size) {
    const messages = inQueue
      .slice(done, done + size)
      .map((message) => ({ ...message, ack, retry: () => check(false) }));
    await handleBatch({ queue: 'vastai-events', messages } as unknown as MessageBatch, deps);
  }
  check(handled === times && acked === times);
  inQueue = [];
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
    const times = Number(searchParams.get('times'));
    if (pathname === '/queue') inQueue = Array.from({ length: times }, () => messageOf(crypto.randomUUID()));
    else if (pathname === '/prepare')
      await prepare(times, searchParams.get('forged') === '1' ? 'another secret' : secret);
    else await loops[pathname.slice(1)]?.(times, env);
    const known = ['/queue', '/prepare'].includes(pathname) || pathname.slice(1) in loops;
    return new Response(null, { status: known ? 200 : 404 });
  },
} satisfies ExportedHandler<Env>;
