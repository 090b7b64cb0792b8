// What could not be read when it came is replayed once it can be: its bytes were kept.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeMessage } from '../../../src/queue/message.ts';
import { collectConsole } from '../fakes/console.ts';
import {
  claimRequest,
  eventOf,
  failure,
  newLedger,
  quarantineRequest,
  report,
  sendThrough,
  sentEvent,
  type TestLedger,
} from './fixtures.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

async function kept(endpoint: string, id: string, headers: Record<string, string>, body: string) {
  const ledger = newLedger();
  const sent: ReturnType<typeof sentEvent>[] = [];
  await sendThrough(ledger, async (text) => void sent.push(sentEvent(text)));
  const refusal = JSON.stringify({ reason: 'any', headers, body: base64(body) });
  await ledger.quarantine([quarantineRequest(id, { type: 'unreadable', endpoint, event: null, refusal })]);
  const replay = async () => (await ledger.replay([id], endpoint))[0];
  return { ledger, sent, replay };
}

const statusOf = async (ledger: TestLedger, id: string, endpoint: string) => (await ledger.get(id, endpoint))?.status;

test('a message of a newer version is sent on as the event that it holds', async () => {
  const event = { ...eventOf('inside'), endpoint: 'host' };
  const message = encodeMessage({ kind: 'event', event, receivedAt: Date.now() });
  if (!message.ok) throw new Error(message.failure);
  const { ledger, sent, replay } = await kept('queue', 'message:1', {}, message.value);
  expect(await replay()).toEqual({ kind: 'queued', endpoint: 'host', id: 'inside' });
  expect(sent).toEqual([event]);
  expect(await statusOf(ledger, 'inside', 'host')).toBe('queued');
  expect(await statusOf(ledger, 'message:1', 'queue')).toBe('processed');
});

test('a message whose event is known already runs that one again, with the history that it has', async () => {
  const message = encodeMessage({ kind: 'event', event: eventOf('inside'), receivedAt: Date.now() });
  if (!message.ok) throw new Error(message.failure);
  const { ledger, replay } = await kept('queue', 'message:1', {}, message.value);
  await ledger.claim('c1', [claimRequest('inside')]);
  await ledger.settle('c1', [failure('inside', { outcome: 'dead' })]);
  expect(await replay()).toEqual({ kind: 'queued', endpoint: 'default', id: 'inside' });
  expect(await ledger.get('inside', 'default')).toMatchObject({ status: 'queued', run: 2, tries: [{}] });
  expect(await statusOf(ledger, 'message:1', 'queue')).toBe('processed');
});

describe('a delivery', () => {
  test('of the notification dialect is read by its kept headers', async () => {
    const headers = { 'x-vast-signature-256': 'sha256=…', 'x-vast-timestamp': '1772490000' };
    const body = '{"event_id":"e1","notif_type":"outbid","message":"m"}';
    const { sent, replay } = await kept('default', 'sha256:body', headers, body);
    expect(await replay()).toMatchObject({ kind: 'queued', id: 'e1' });
    expect(sent).toMatchObject([{ id: 'e1', type: 'outbid', created: '2026-03-02T22:20:00.000Z' }]);
  });

  test('without an id gets that of what was signed', async () => {
    const headers = { 'x-vastai-signature': '…', 'x-vastai-timestamp': '1772490000' };
    const { sent, replay } = await kept('default', 'sha256:body', headers, '{"type":"test","data":{}}');
    expect(await replay()).toMatchObject({ kind: 'queued', id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(sent).toMatchObject([{ type: 'test', dialect: 'resource' }]);
  });

  test.each([['nonsense'], ['{}']])('that still cannot be read (%s) is refused and stays', async (body) => {
    const { ledger, sent, replay } = await kept('default', 'sha256:body', {}, body);
    expect(await replay()).toMatchObject({ kind: 'refused', reason: 'not_an_event' });
    expect(sent).toEqual([]);
    expect(await statusOf(ledger, 'sha256:body', 'default')).toBe('quarantined');
  });
});

describe('an event whose copy the ledger knows', () => {
  const event = eventOf('inside');
  const message = JSON.stringify({ version: 1, kind: 'event', event, receivedAt: 1 });

  test('does not run a second time where it has been processed', async () => {
    const { ledger, sent, replay } = await kept('queue', 'message:1', {}, message);
    await ledger.claim('c1', [claimRequest('inside')]);
    await ledger.settle('c1', [report('inside')]);
    expect(await replay()).toMatchObject({ kind: 'refused', reason: 'already_processed' });
    expect(await ledger.replayMany({ status: 'quarantined' }, null, 10)).toEqual({ answers: [], cursor: null });
    expect(sent).toEqual([]);
    expect(await statusOf(ledger, 'inside', 'default')).toBe('processed');
  });

  test('runs again where it was given up', async () => {
    const { ledger, sent, replay } = await kept('queue', 'message:1', {}, message);
    await ledger.claim('c1', [claimRequest('inside')]);
    await ledger.settle('c1', [report('inside', { outcome: 'dead' })]);
    expect(await replay()).toMatchObject({ kind: 'queued', id: 'inside' });
    expect(sent).toEqual([event]);
  });
});

test('a body that is nested too deeply for a message stays, and no replay stumbles over it', async () => {
  const headers = { 'x-vast-signature-256': 'sha256=…', 'x-vast-timestamp': '1772490000' };
  const body = `{"event_id":"deep","notif_type":"outbid","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  const { replay, sent } = await kept('default', 'deep', headers, body);
  expect(await replay()).toMatchObject({ kind: 'refused', reason: 'not_an_event' });
  expect(sent).toEqual([]);
});

test('a delivery to an endpoint named queue is no message', async () => {
  const headers = { 'x-vastai-signature': '…', 'x-vastai-timestamp': '1772490000' };
  const message = encodeMessage({ kind: 'event', event: eventOf('forged'), receivedAt: 1 });
  const { replay, sent } = await kept('queue', 'sha256:body', headers, message.ok ? message.value : '');
  expect(await replay()).toMatchObject({ kind: 'refused', reason: 'not_an_event' });
  expect(sent).toEqual([]);
});
