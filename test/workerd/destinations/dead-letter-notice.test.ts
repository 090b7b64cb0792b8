import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { type DeadLetterNews, deadLetterNotice, manyDeadNotice } from '../../../src/destinations/dead-letter-notice.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import { eventOf } from './events.ts';
import { chats, contextFor, FORWARD_SECRET, failureOf, openRoom, statusOf } from './platforms.ts';

const news: DeadLetterNews = {
  id: 'event-1',
  type: 'outbid',
  endpoint: 'client',
  reason: 'retries_exhausted',
  error: 'Error: the bid API answered 500',
};
const OPS_URL = 'https://vastai-webhooks.example.workers.dev/ops';

describe('deadLetterNotice', () => {
  it.each(chats)('tells %s which event died, why, and where to replay it', async (platform) => {
    const room = openRoom();
    await deadLetterNotice(contextFor({ ...room.secrets, OPS_URL }), news);
    const [delivery] = await room.received(platform);
    expect(delivery?.status).toBe(statusOf(platform));
    // Discord escapes underscores, Slack ampersands.
    const text = delivery?.body.replaceAll('\\\\', '').replaceAll('&amp;', '&');
    const page = `${OPS_URL}/event?id=event-1&endpoint=client`;
    for (const part of [news.id, news.type, news.reason, 'the bid API answered 500', page]) {
      expect(text).toContain(part);
    }
  });

  it('forwards it as an event of its own, signed', async () => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets), news);
    const [delivery] = await room.received('forward');
    const forwarded = new Webhook(FORWARD_SECRET).verify(delivery?.body ?? '', delivery?.headers ?? {});
    expect(forwarded).toMatchObject({
      type: 'dead_letter',
      id: 'dead-letter:client:event-1',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { id: 'event-1', type: 'outbid', reason: 'retries_exhausted' },
    });
    expect(delivery?.headers['webhook-id']).toBe('dead-letter:client:event-1');
  });

  it('tells each destination once, and repeats only what failed', async () => {
    const room = openRoom();
    await room.answers('slack', { status: 500 });
    const done = new Set<string>();
    await failureOf(deadLetterNotice(contextFor(room.secrets, { done }), news));
    await deadLetterNotice(contextFor(room.secrets, { done }), news);
    await deadLetterNotice(contextFor(room.secrets, { done }), news);
    expect(await room.received('slack')).toHaveLength(2);
    expect(await room.received('discord')).toHaveLength(1);
  });

  it('is told although the event itself has been, under the same memory', async () => {
    const room = openRoom();
    const done = new Set<string>();
    await notifyAll(contextFor(room.secrets, { done }), eventOf('outbid'));
    await deadLetterNotice(contextFor(room.secrets, { done }), news);
    expect(await room.received('slack')).toHaveLength(2);
  });

  it('tells nobody where nobody is configured', async () => {
    expect(await deadLetterNotice(contextFor({}), news)).toBe(0);
  });

  it('needs neither type, endpoint, error nor ops page', async () => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets), { id: 'm-1', reason: 'message_not_json' });
    for (const platform of chats) {
      const [delivery] = await room.received(platform);
      expect(delivery?.status).toBe(statusOf(platform));
      expect(delivery?.body).not.toContain('undefined');
    }
  });

  it('keeps the error of a security-critical event to itself', async () => {
    const room = openRoom();
    await deadLetterNotice(contextFor(room.secrets), {
      ...news,
      type: 'password_reset',
      error: 'https://reset.example/1',
    });
    for (const platform of chats) {
      const [delivery] = await room.received(platform);
      expect(delivery?.status).toBe(statusOf(platform));
      expect(delivery?.body).not.toContain('reset.example');
    }
  });
});

describe('manyDeadNotice', () => {
  const events = [
    news,
    { id: 'event-2', type: 'password_reset', reason: 'permanent_failure', error: 'https://reset/1' },
  ];

  it.each(chats)('tells %s in one message which events died and why, with a link to their list', async (platform) => {
    const room = openRoom();
    await manyDeadNotice(contextFor({ ...room.secrets, OPS_URL }), events);
    const [delivery, ...more] = await room.received(platform);
    expect(more).toEqual([]);
    expect(delivery?.status).toBe(statusOf(platform));
    const text = delivery?.body.replaceAll('\\\\', '').replaceAll('&amp;', '&');
    for (const part of [
      'Dead letters: 2 events',
      'outbid: event-1 could not be handled (retries_exhausted).',
      'the bid API answered 500',
      'password_reset: event-2 could not be handled (permanent_failure).',
      `${OPS_URL}/events?status=dead`,
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('reset/1');
  });

  it('forwards it as an event of its own', async () => {
    const room = openRoom();
    await manyDeadNotice(contextFor(room.secrets), events);
    const [delivery] = await room.received('forward');
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
      type: 'dead_letters',
      data: { events: [{ id: 'event-1', endpoint: 'client' }, { id: 'event-2' }] },
    });
  });

  it('takes five events at their longest', async () => {
    const room = openRoom();
    const long = { id: 'x'.repeat(256), type: 'y'.repeat(128), endpoint: 'z', reason: 'r', error: '"'.repeat(300) };
    await manyDeadNotice(contextFor(room.secrets), [long, long, long, long, long]);
    for (const platform of chats) {
      expect((await room.received(platform)).map(({ status }) => status)).toEqual([statusOf(platform)]);
    }
  });
});
