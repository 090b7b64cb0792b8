import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { deadLetterNotice } from '../../../src/destinations/dead-letter-notice.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import {
  manyQuarantinedNotice,
  type QuarantineNews,
  quarantineNotice,
} from '../../../src/destinations/quarantine-notice.ts';
import { eventOf } from './events.ts';
import { chats, contextFor, FORWARD_SECRET, failureOf, openRoom, statusOf } from './platforms.ts';

const OPS_URL = 'https://vastai-webhooks.example.workers.dev/ops';
const news: QuarantineNews = {
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

describe('quarantineNotice', () => {
  it.each(chats)('tells %s what was kept aside, why, how old it is, and where to read it', async (platform) => {
    const room = openRoom();
    await quarantineNotice(contextFor({ ...room.secrets, OPS_URL }), news);
    const text = await told(platform, room);
    for (const part of [
      'Kept aside: outbid',
      'event-1 is genuine, but it was signed more than 5 minutes before it arrived.',
      'endpoint client',
      'signed 7 min before it arrived',
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
    await quarantineNotice(contextFor(room.secrets), { ...news, reason });
    expect(await told('slack', room)).toContain(words);
  });

  it('does not call a message genuine that nobody can read', async () => {
    const room = openRoom();
    const about = { id: 'message:1', type: 'unreadable', endpoint: 'queue', reason: 'message_malformed' };
    await quarantineNotice(contextFor(room.secrets), about);
    const text = await told('slack', room);
    expect(text).toContain('was not one of ours: something else writes to the queue. No handler has seen it.');
    expect(text).not.toContain('genuine');
  });

  it.each([
    [0, 'signed 0 s before'],
    [119, 'signed 119 s before'],
    [431, 'signed 7 min before'],
    [7_200, 'signed 2 h before'],
    [200_000, 'signed 2 days before'],
    [-301, 'signed 5 min after'],
  ])('tells an age of %d seconds as "%s it arrived"', async (ageSeconds, words) => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), { ...news, ageSeconds });
    expect(await told('slack', room)).toContain(`${words} it arrived`);
  });

  it('needs neither type, endpoint, age nor ops page', async () => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), { id: 'sha256:00', reason: 'body_not_json' });
    for (const platform of chats) {
      const text = await told(platform, room);
      expect(text).toContain('Kept aside: unreadable delivery');
      expect(text).not.toMatch(/undefined|NaN|· false/);
    }
  });

  it('tells the chats of a security-critical type, too: its name, and nothing it says', async () => {
    const room = openRoom();
    const delivery = { ...news, type: 'password_reset', data: { message: 'https://reset.example/1' } };
    await quarantineNotice(contextFor(room.secrets), delivery);
    for (const platform of chats) {
      const text = await told(platform, room);
      expect(text.replaceAll('\\', '')).toContain('Kept aside: password_reset');
      expect(text).not.toContain('reset.example');
    }
  });

  it('forwards it as an event of its own, signed', async () => {
    const room = openRoom();
    await quarantineNotice(contextFor(room.secrets), news);
    const [delivery] = await room.received('forward');
    expect(new Webhook(FORWARD_SECRET).verify(delivery?.body ?? '', delivery?.headers ?? {})).toEqual({
      type: 'quarantined',
      id: 'quarantined:client:event-1',
      timestamp: '2026-03-02T12:00:00.000Z',
      data: { id: 'event-1', type: 'outbid', endpoint: 'client', reason: 'timestamp_stale', ageSeconds: 431 },
    });
    expect(delivery?.headers['webhook-id']).toBe('quarantined:client:event-1');
  });

  it('tells each destination once, and repeats only what failed', async () => {
    const room = openRoom();
    await room.answers('slack', { status: 500 });
    const done = new Set<string>();
    await failureOf(quarantineNotice(contextFor(room.secrets, { done }), news));
    await quarantineNotice(contextFor(room.secrets, { done }), news);
    await quarantineNotice(contextFor(room.secrets, { done }), news);
    expect(await room.received('slack')).toHaveLength(2);
    expect(await room.received('discord')).toHaveLength(1);
  });

  it('is told beside the event itself and its dead letter, under one memory', async () => {
    const room = openRoom();
    const done = new Set<string>();
    await notifyAll(contextFor(room.secrets, { done }), eventOf('outbid'));
    await deadLetterNotice(contextFor(room.secrets, { done }), news);
    await quarantineNotice(contextFor(room.secrets, { done }), news);
    await manyQuarantinedNotice(contextFor(room.secrets, { done }), 2);
    expect(await room.received('slack')).toHaveLength(4);
  });

  it('tells nobody where nobody is configured', async () => {
    expect(await quarantineNotice(contextFor({}), news)).toBe(0);
  });
});

describe('manyQuarantinedNotice', () => {
  it.each(chats)('counts the rest for %s in one line, with a link to the list', async (platform) => {
    const room = openRoom();
    await manyQuarantinedNotice(contextFor({ ...room.secrets, OPS_URL }), 12);
    const text = await told(platform, room);
    expect(text).toContain('Kept aside: 12 more deliveries in this hour');
    expect(text).toContain(`${OPS_URL}/events?status=quarantined`);
  });

  it('counts one', async () => {
    const room = openRoom();
    await manyQuarantinedNotice(contextFor(room.secrets), 1);
    expect(await told('slack', room)).toContain('1 more delivery in this hour');
  });

  it('is told apart from every other by the forward', async () => {
    const room = openRoom();
    await manyQuarantinedNotice(contextFor(room.secrets), 12);
    await manyQuarantinedNotice(contextFor(room.secrets), 12);
    const received = await room.received('forward');
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'quarantined_more', data: { count: 12 } });
  });
});
