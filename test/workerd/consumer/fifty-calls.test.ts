// A Free invocation may make 50 outgoing calls (wrangler.toml has the sum). Five events, seven
// destinations, every one failing, and a look at the events' instances.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { handleBatch } from '../../../src/consumer/batch.ts';
import { handleDeadLetters } from '../../../src/consumer/dead-letters.ts';
import { defineHandlers } from '../../../src/consumer/define-handlers.ts';
import type { Notices } from '../../../src/consumer/define-notices.ts';
import { deadLetterNotice, manyQuarantinedNotice, quarantineNotice } from '../../../src/destinations/notices.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import { PermanentFailure } from '../../../src/failures.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { LEASE_MS, MAX_RETRIES, MAX_STARTS } from '../../../src/limits.ts';
import { FORWARD_SECRET } from '../destinations/platforms.ts';
import { collectConsole } from '../fakes/console.ts';
import { batchOf, depsOf, eventMessage, fateOf, refusedMessage, testMessage } from './batch-message.ts';
import { sampleEvent } from './sample-event.ts';

const FREE_CALLS = 50;
const BATCH = 5;
const DESTINATIONS = 7;

const secrets = {
  SLACK_WEBHOOK_URL: 'https://slack.example/',
  DISCORD_WEBHOOK_URL: 'https://discord.example/',
  GOOGLE_CHAT_WEBHOOK_URL: 'https://chat.example/',
  NTFY_URL: 'https://ntfy.example/topic',
  TELEGRAM_BOT_TOKEN: '123456:abc',
  TELEGRAM_CHAT_ID: '1',
  PAGERDUTY_ROUTING_KEY: 'x'.repeat(32),
  FORWARD_URL: 'https://forward.example/',
  FORWARD_SECRET,
};
// As src/handlers/ has them.
const notices: Notices = {
  dead: (events, context) => deadLetterNotice(context, events),
  quarantined: (delivery, context) => quarantineNotice(context, delivery),
  manyQuarantined: (count, context) => manyQuarantinedNotice(context, count),
};
/** The batch's one read: it fails, too. */
const readInstances = async () => {
  calls.push('vast.example');
  return { ok: false, failure: { kind: 'partial' } } as const;
};
const handlers = defineHandlers({ fallback: (event, context) => notifyAll(context, event) });
const deps = depsOf({ env: { ...env, ...secrets }, handlers, notices, readInstances });

let calls: string[];
/** What every destination answers, and after how many milliseconds by the order of the calls. */
let status: number;
let delayMs: (call: number) => number;

beforeEach(() => {
  collectConsole();
  [calls, status, delayMs] = [[], 404, () => 0];
  vi.stubGlobal('fetch', async (input: unknown) => {
    calls.push(new URL(String(input)).hostname);
    await new Promise((resolve) => setTimeout(resolve, delayMs(calls.length)));
    return new Response('no', { status });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const urgent = (instance: number, attempts = 1) => {
  const mentions = { instanceId: instance };
  return eventMessage({ id: crypto.randomUUID(), type: 'instance_offline', mentions }, { attempts });
};
const five = (attempts = 1) => Array.from({ length: BATCH }, () => urgent(Math.floor(Math.random() * 1e9), attempts));

test('a batch in which every post is refused for good tells all seven of all that died', async () => {
  const messages = five();
  await handleBatch(batchOf(messages), deps);
  expect(messages.map(fateOf)).toEqual(messages.map(() => 'acked'));
  expect(new Set(calls).size).toBe(DESTINATIONS + 1);
  // Seven are left for the handlers' own.
  expect(calls.length).toBe(43);
});

test('so does one in which every post fails at the last try', async () => {
  status = 503;
  await handleBatch(batchOf(five(MAX_RETRIES + 1)), deps);
  expect(calls.length).toBe(43);
});

test('what dies together is told in one notice', async () => {
  const failing = { fallback: () => Promise.reject(new PermanentFailure('no')) };
  await handleBatch(batchOf(five()), { ...deps, handlers: failing });
  expect(calls).toHaveLength(DESTINATIONS);
});

test('a batch whose events die one after the other tells of all in one notice', async () => {
  // Each destination takes one post at a time, so the events end 150 ms apart.
  delayMs = () => 150;
  await handleBatch(batchOf(five()), deps);
  expect(calls).toHaveLength(BATCH * DESTINATIONS + DESTINATIONS + 1);
});

test('one given up before, a message that nobody can read, and three that die stay within 50', async () => {
  delayMs = () => 150;
  const wornOut = urgent(7);
  const event = sampleEvent({ id: crypto.randomUUID() });
  const { id, type, endpoint } = event;
  vi.useFakeTimers({ toFake: ['Date'] });
  for (let start = 0; start < MAX_STARTS; start += 1) {
    const request = { messageId: wornOut.id, id, type, endpoint, receivedAt: 1, event: JSON.stringify(event) };
    await openLedger(env).claim(`c${start}`, [request]);
    vi.setSystemTime(Date.now() + LEASE_MS);
  }
  const again = eventMessage(event, { id: wornOut.id });
  await handleBatch(batchOf([again, testMessage('nonsense'), ...five().slice(2)]), deps);
  expect(fateOf(again)).toBe('acked');
  expect(calls.length).toBeGreaterThan(3 * DESTINATIONS + 2 * DESTINATIONS);
  expect(calls.length).toBeLessThanOrEqual(FREE_CALLS);
});

test('five letters whose deliveries were kept, or whose events died, stay within 50', async () => {
  const name = crypto.randomUUID();
  const LEDGER = { getByName: () => env.LEDGER.getByName(name) } as unknown as typeof env.LEDGER;
  const fresh = { ...deps, env: { ...deps.env, LEDGER } };
  await handleDeadLetters(batchOf(Array.from({ length: BATCH }, () => refusedMessage(crypto.randomUUID()))), fresh);
  expect(calls).toHaveLength(BATCH * DESTINATIONS);
  calls = [];
  status = 503;
  const messages = five();
  await handleBatch(batchOf(messages), fresh);
  calls = [];
  await handleDeadLetters(batchOf(messages.map(({ body, id }) => testMessage(body, { id }))), fresh);
  expect(calls).toHaveLength(DESTINATIONS);
});
