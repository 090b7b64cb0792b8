// A request to the feed that waits, on a clock that moves by itself.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import { encodeMessage } from '../../src/queue/message.ts';
import { Deployment } from '../platform/deployment.ts';
import { type Runtime, startRuntime } from '../platform/runtime.ts';
import { describeReader, followADay } from './reader.ts';

const TOKEN = 'read-token-of-the-wait-tests';

let runtime: Runtime;
beforeEach(() => {
  runtime = startRuntime();
});
afterEach(() => runtime.restore());

/** Asks for what comes after `after`, and says what came, when, and after how many calls. */
async function ask(deployment: Deployment, query: string) {
  const headers = { Authorization: `Basic ${btoa(`x:${TOKEN}`)}` };
  const [startedAt, before] = [runtime.time.now, deployment.object.requests];
  const answer = await deployment.fetch(new Request(`https://receiver.test/ops/api/feed?${query}`, { headers }));
  const { events, next } = (await answer.json()) as { events: { event: { id: string } }[]; next: number };
  return {
    ids: events.map(({ event }) => event.id),
    next,
    seconds: (runtime.time.now - startedAt) / 1_000,
    calls: deployment.object.requests - before,
  };
}

/** Has an event handled, some seconds from now. */
function arrive(deployment: Deployment, id: string, seconds: number): void {
  const { time } = runtime;
  const event = { id, type: 'outbid', endpoint: 'default', dialect: 'notification', created: '', data: {} } as const;
  const message = encodeMessage({ kind: 'event', event, receivedAt: time.now });
  if (!message.ok) throw new Error(message.failure);
  const batch = [{ id: `m-${id}`, body: message.value, attempts: 1 }];
  const handlers = defineHandlers({ fallback: () => {} });
  time.at(time.now + seconds * 1_000, () => void deployment.consume('events', batch, handlers));
}

test('answers with what comes while it waits, at its next look', async () => {
  const deployment = new Deployment(runtime, { READ_TOKEN: TOKEN });
  arrive(deployment, 'a', 7);
  const first = await ask(deployment, 'after=0&wait=25');
  expect(first).toMatchObject({ ids: ['a'], next: 1, seconds: 10 });
  expect(await ask(deployment, 'after=0&wait=25')).toMatchObject({ ids: ['a'], seconds: 0, calls: 1 });
});

test('looks every five seconds and at the end, and then says that nothing came', async () => {
  const deployment = new Deployment(runtime, { READ_TOKEN: TOKEN });
  expect(await ask(deployment, 'after=0&wait=25')).toEqual({ ids: [], next: 0, seconds: 25, calls: 6 });
  expect(await ask(deployment, 'after=0&wait=7')).toEqual({ ids: [], next: 0, seconds: 7, calls: 3 });
  expect(await ask(deployment, 'after=0')).toEqual({ ids: [], next: 0, seconds: 0, calls: 1 });
});

test('looks twice a second under `npm run dev`', async () => {
  const deployment = new Deployment(runtime, { READ_TOKEN: TOKEN, LOCAL_DEV: '1' });
  expect(await ask(deployment, 'after=0&wait=2')).toEqual({ ids: [], next: 0, seconds: 2, calls: 5 });
});

test('a reader that follows all day asks the Worker every 25 seconds, and that the object six times', async () => {
  const counts = await followADay(runtime);
  expect(counts).toEqual({ workerRequests: 3_456, objectRequests: 6 * 3_456, rowsRead: 2 * 6 * 3_456 });
  expect(describeReader(counts)).toContain('20,736 (20.7 %) object requests');
});
