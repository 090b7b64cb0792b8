import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { type DeadLetterNews, deadLetterNotice } from '../../../src/destinations/dead-letter-notice.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import { eventOf } from './events.ts';
import { contextFor, FORWARD_SECRET, failureOf, openRoom } from './platforms.ts';

const chats = ['slack', 'discord', 'google-chat'] as const;
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
    expect(delivery?.status).toBe(200);
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
      expect(delivery?.status).toBe(200);
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
      expect(delivery?.status).toBe(200);
      expect(delivery?.body).not.toContain('reset.example');
    }
  });
});
