import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { deadLetterNotice, manyQuarantinedNotice, quarantineNotice } from '../../../src/destinations/notices.ts';
import type { DeadEvent, KeptDelivery } from '../../../src/event/news.ts';
import { chats, contextFor, FORWARD_SECRET, openRoom, statusOf } from './platforms.ts';

const OPS_URL = 'https://vastai-webhooks.example.workers.dev/ops';
const dead: DeadEvent = {
  id: 'event-1',
  type: 'outbid',
  endpoint: 'client',
  reason: 'retries_exhausted',
  error: 'Error: the bid API answered 500',
};
const resetLink: DeadEvent = { ...dead, id: 'event-2', type: 'password_reset', error: 'https://reset.example/1' };
const kept: KeptDelivery = {
  id: 'event-1',
  type: 'outbid',
  endpoint: 'client',
  reason: 'timestamp_stale',
  receivedAt: Date.parse('2026-03-02T12:00:00Z'),
  ageSeconds: 431,
};

/** What a platform was told, as its readers see it. */
async function told(platform: (typeof chats)[number], room: ReturnType<typeof openRoom>) {
  const [delivery, ...more] = await room.received(platform);
  expect(more).toEqual([]);
  expect(delivery?.status).toBe(statusOf(platform));
  // Discord escapes underscores, Slack ampersands.
  return delivery?.body.replaceAll('\\\\', '').replaceAll('&amp;', '&') ?? '';
}

describe('deadLetterNotice', () => {
  it.each(chats)('tells %s which event died, why, and where to replay it', async (platform) => {
    const room = openRoom();
    await deadLetterNotice(contextFor({ ...room.secrets, OPS_URL }), [dead]);
    const text = await told(platform, room);
    const page = `${OPS_URL}/event?id=event-1&endpoint=client`;
    for (const part of [dead.id, dead.type, dead.reason, 'the bid API answered 500', page]) {
      expect(text).toContain(part);
    }
  });

  it('forwards it as an event of its own, signed', async () => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets, { idempotencyKey: 'dead-letter:client:event-1' }), [dead]);
    const [delivery] = await room.received('forward');
    expect(new Webhook(FORWARD_SECRET).verify(delivery?.body ?? '', delivery?.headers ?? {})).toEqual({
      type: 'dead_letter',
      id: 'dead-letter:client:event-1',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: dead,
    });
    expect(delivery?.headers['webhook-id']).toBe('dead-letter:client:event-1');
  });

  it('says in the log where nobody is configured', async () => {
    const context = contextFor({});
    await deadLetterNotice(context, [dead]);
    expect(context.lines).toEqual([expect.stringContaining('"event":"destination.none"')]);
  });

  it.each(chats)('keeps the error of a security-critical event from %s', async (platform) => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets), [resetLink]);
    const text = await told(platform, room);
    expect(text.replaceAll('\\', '')).toContain('Dead letter: password_reset');
    expect(text).not.toContain('reset.example');
  });

  it.each(chats)('tells %s in one message of several, with a link to their list', async (platform) => {
    const room = openRoom();
    await deadLetterNotice(contextFor({ ...room.secrets, OPS_URL }), [dead, resetLink]);
    const text = await told(platform, room);
    for (const part of [
      'Dead letters: 2 events',
      'outbid: event-1 could not be handled (retries_exhausted).',
      'the bid API answered 500',
      'password_reset: event-2 could not be handled (retries_exhausted).',
      `${OPS_URL}/events?status=dead`,
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('reset.example');
  });

  it('forwards several as an event of its own', async () => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets), [dead, resetLink]);
    const [delivery] = await room.received('forward');
    const { error: _link, ...withoutError } = resetLink;
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
      type: 'dead_letters',
      data: { events: [dead, withoutError] },
    });
    expect(delivery?.body).not.toContain('reset.example');
  });

  it('takes five events at their longest', async () => {
    const room = openRoom();
    const long = { id: 'x'.repeat(256), type: 'y'.repeat(128), endpoint: 'z', reason: 'r', error: '"'.repeat(300) };
    await deadLetterNotice(contextFor(room.secrets), [long, long, long, long, long]);
    for (const platform of chats) await told(platform, room);
  });
});

describe('quarantineNotice', () => {
  it.each(chats)('tells %s what was kept aside, why, how old it is, and where to read it', async (platform) => {
    const room = openRoom();
    await quarantineNotice(contextFor({ ...room.secrets, OPS_URL }), kept);
    const text = await told(platform, room);
    for (const part of [
      'Kept aside: outbid',
      'event-1 is genuine, but it was signed more than 5 minutes before it arrived.',
      'endpoint client',
      'signed 7 min 11 s before it arrived',
      `${OPS_URL}/event?id=event-1&endpoint=client`,
    ]) {
      expect(text).toContain(part);
    }
  });

  it.each([
    ['timestamp_ahead', 'it was signed more than 5 minutes ahead of its arrival'],
    ['body_not_utf8', 'its body is not valid UTF-8 text'],
    ['body_not_json', 'its body is not JSON'],
    ['body_not_object', 'its body is JSON, but not an object'],
    ['event_invalid', 'its body has no usable id or type'],
    ['message_too_large', 'it is too large for a queue message'],
    ['message_too_deep', 'it is nested too deeply'],
    ['invented_later', 'it was refused as invented_later'],
  ])('says %s in plain words', async (reason, words) => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), { ...kept, reason });
    expect(await told('slack', room)).toContain(words);
  });

  it('does not call a message genuine that nobody can read, nor says when it was signed', async () => {
    const room = openRoom();
    const about = { id: 'message:1', type: 'unreadable', endpoint: 'queue', reason: 'message_malformed' };
    await quarantineNotice(contextFor(room.secrets), { ...about, receivedAt: Date.now() });
    for (const platform of chats) {
      const text = await told(platform, room);
      expect(text).toContain('Kept aside: unreadable delivery');
      expect(text).toContain('was not one of ours: something else writes to the queue. No handler has seen it.');
      expect(text).not.toMatch(/genuine|signed|undefined|NaN/);
    }
  });

  it.each([
    [1, 'signed 1 s before'],
    [119, 'signed 1 min 59 s before'],
    [431, 'signed 7 min 11 s before'],
    [7_200, 'signed 2 h before'],
    [200_000, 'signed 2 days 7 h before'],
    [-301, 'signed 5 min 1 s after'],
  ])('tells an age of %d seconds as "%s it arrived"', async (ageSeconds, words) => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), { ...kept, ageSeconds });
    expect(await told('slack', room)).toContain(`${words} it arrived`);
  });

  it('says nothing of an age where it arrived in the second it was signed in', async () => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), { ...kept, reason: 'event_invalid', ageSeconds: 0 });
    expect(await told('slack', room)).not.toContain('signed');
  });

  it('tells the chats of a security-critical type, too: its name, and nothing it says', async () => {
    const room = openRoom();
    const delivery = { ...kept, type: 'password_reset', data: { message: 'https://reset.example/1' } };
    await quarantineNotice(contextFor(room.secrets), delivery);
    for (const platform of chats) {
      const text = await told(platform, room);
      expect(text.replaceAll('\\', '')).toContain('Kept aside: password_reset');
      expect(text).not.toContain('reset.example');
    }
  });

  it('forwards it as an event of its own, signed', async () => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets, { idempotencyKey: 'quarantined:client:event-1' }), kept);
    const [delivery] = await room.received('forward');
    expect(new Webhook(FORWARD_SECRET).verify(delivery?.body ?? '', delivery?.headers ?? {})).toEqual({
      type: 'quarantined',
      id: 'quarantined:client:event-1',
      timestamp: '2026-03-02T12:00:00.000Z',
      data: { id: 'event-1', type: 'outbid', endpoint: 'client', reason: 'timestamp_stale', ageSeconds: 431 },
    });
    expect(delivery?.headers['webhook-id']).toBe('quarantined:client:event-1');
  });
});

describe('manyQuarantinedNotice', () => {
  it.each([
    [12, '12 more deliveries'],
    [1, '1 more delivery'],
  ])('counts the rest (%d) in one line, with a link to the list', async (count, words) => {
    const room = openRoom();
    await manyQuarantinedNotice(contextFor({ ...room.secrets, OPS_URL }), count);
    for (const platform of chats) {
      const text = await told(platform, room);
      expect(text).toContain(`Kept aside: ${words} in this hour`);
      expect(text).toContain(`${OPS_URL}/events?status=quarantined`);
    }
    const [delivery] = await room.received('forward');
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({ type: 'quarantined_more', data: { count } });
  });
});
