// Sends a day's mix through the edge, the queues, the consumers and the ledger that ship, and
// counts what is billed, the deletion of the day's rows a month later included.

import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import { notifyAll } from '../../src/destinations/notify-all.ts';
import { sampleOf } from '../../src/event/samples.ts';
import { RETENTION_MS } from '../../src/limits.ts';
import { schemes } from '../../src/signature/schemes.ts';
import { signDelivery } from '../../src/signature/sign.ts';
import { Deployment, type QueuedMessage } from '../platform/deployment.ts';
import type { Runtime } from '../platform/runtime.ts';
import { queueUnits } from './bill.ts';
import type { Counts } from './prices.ts';
import { RowMeter } from './row-meter.ts';

const SECRET = 'cost-secret';
const MAX_DELIVERIES = 11;
const DAY_MS = 86_400_000;

export interface Mix {
  /** Different events in a day. */
  readonly events: number;
  /**
   * Shares of the events: how many arrive twice, how many forgeries come along, how many handlers
   * fail their first try.
   */
  readonly duplicates: number;
  readonly forgeries: number;
  readonly retries: number;
  /**
   * How many events arrive at a time, and so are delivered as one batch: 1 where they are more than
   * two seconds apart.
   */
  readonly batch: number;
  /** Whether KV is out all day, or its free share spent. */
  readonly withoutKv: boolean;
  /** Whether handlers tell a chat of each event, and each is about another instance. */
  readonly chats: boolean;
}

/** What is billed, and what the Worker's own log lines come to. */
export interface Driven extends Counts {
  readonly logBytes: number;
}

export async function drive(runtime: Runtime, mix: Mix): Promise<Driven> {
  const lines = collectLines();
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response('ok');
  try {
    return { ...(await driveDay(runtime, mix)), logLines: lines.count(), logBytes: lines.bytes() };
  } finally {
    globalThis.fetch = fetch;
    lines.stop();
  }
}

/** Counts what is written to the console meanwhile: each call is a line of Workers Logs. */
function collectLines() {
  const { log, warn, error } = console;
  let [count, bytes] = [0, 0];
  const take = (...texts: unknown[]) => {
    count += 1;
    bytes += Buffer.byteLength(texts.join(' '));
  };
  Object.assign(console, { log: take, warn: take, error: take });
  return { count: () => count, bytes: () => bytes, stop: () => void Object.assign(console, { log, warn, error }) };
}

async function driveDay(runtime: Runtime, mix: Mix): Promise<Omit<Counts, 'logLines'>> {
  const SLACK_WEBHOOK_URL = 'https://hooks.slack.com/services/T/B/C';
  const deployment = new Deployment(runtime, { VASTAI_WEBHOOK_SECRET: SECRET, SLACK_WEBHOOK_URL });
  const meter = new RowMeter(deployment.storage.sql);
  const { events, kv, object } = deployment;
  const { time } = runtime;
  kv.out = mix.withoutKv;
  const counts = { workerRequests: 0, queueOperations: 0 };
  const failing = new Set<string>();
  const handlers = defineHandlers({
    fallback: async (event, context) => {
      if (failing.delete(event.id)) throw new Error('the first try fails');
      if (mix.chats) await notifyAll(context, event);
    },
  });

  const deliver = async (id: string, secret: string) => {
    counts.workerRequests += 1;
    await deployment.fetch(await requestFor(id, secret, time.now));
  };
  const pending: QueuedMessage[] = [];
  const retrying: (QueuedMessage & { readonly dueAt: number })[] = [];
  let sent = 0;
  const collect = () => {
    for (const body of events.drain()) {
      sent += 1;
      counts.queueOperations += queueUnits(body);
      pending.push({ id: `message-${sent}`, body, attempts: 1 });
    }
  };
  const consume = async (queue: QueuedMessage[]) => {
    const batch = queue.splice(0, mix.batch);
    counts.workerRequests += 1;
    const verdicts = await deployment.consume('events', batch, handlers);
    for (const [index, message] of batch.entries()) {
      const units = queueUnits(String(message.body));
      const verdict = verdicts[index];
      // Read, and deleted once acknowledged.
      counts.queueOperations += verdict?.kind === 'ack' ? 2 * units : units;
      if (verdict?.kind !== 'retry' || message.attempts >= MAX_DELIVERIES) continue;
      retrying.push({ ...message, attempts: message.attempts + 1, dueAt: time.now + verdict.delaySeconds * 1_000 });
    }
  };

  /** Lets time pass until `until`, with what falls due on the way. */
  const pass = async (until: number) => {
    for (;;) {
      const alarmAt = object.alarmAt ?? Number.POSITIVE_INFINITY;
      const next = Math.min(alarmAt, ...retrying.map((message) => message.dueAt));
      if (next > until) break;
      time.now = Math.max(time.now, next);
      if (alarmAt === next) await runtime.finish(object.ring());
      else await consume(retrying);
      collect();
    }
    time.now = until;
  };

  const start = time.now;
  for (let index = 0; index < mix.events; index += 1) {
    if (index % mix.batch === 0) await pass(start + (index / mix.events) * DAY_MS);
    const id = `event-${index.toString().padStart(26, '0')}`;
    if (isTurn(index, mix.retries)) failing.add(id);
    await deliver(id, SECRET);
    if (isTurn(index, mix.duplicates)) {
      // The dear case: the copy meets another isolate than the first, which must ask KV.
      deployment.newIsolate();
      await deliver(id, SECRET);
    }
    if (isTurn(index, mix.forgeries)) await deliver(`forged-${index}`, 'not the secret');
    collect();
    const lastOfBatch = (index + 1) % mix.batch === 0 || index + 1 === mix.events;
    while (lastOfBatch && pending.length > 0) await consume(pending);
  }
  await pass(start + DAY_MS);
  const objectRequests = object.requests;
  const { alarmsSet } = object;

  // What came this day is deleted another day, in rounds of the watchdog that take place anyway.
  time.now = start + DAY_MS + RETENTION_MS;
  while (deployment.storage.sql.exec('SELECT 1 AS kept FROM deliveries LIMIT 1').toArray().length > 0) {
    await runtime.finish(object.ring());
  }
  return {
    ...counts,
    kvReads: kv.reads,
    kvWrites: kv.writes,
    objectRequests,
    rowsWritten: meter.rows + alarmsSet,
  };
}

/** Spreads a share evenly: true for 5 in 100 where it is 0.05. */
function isTurn(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share);
}

async function requestFor(id: string, secret: string, now: number): Promise<Request> {
  const [number = ''] = /\d+$/.exec(id) ?? [];
  const data = { subject: 'Outbid', message: `Your instance ${48_000_000 + Number(number)} has been outbid.` };
  const body = new TextEncoder().encode(sampleOf('outbid', { id, now, data }).body);
  const timestamp = String(Math.floor(now / 1_000));
  const headers = await signDelivery(schemes.notification, secret, timestamp, body);
  return new Request('https://receiver.test/webhooks/vastai', { method: 'POST', headers, body });
}
