import { afterEach, describe, expect, it, vi } from 'vitest';

import { type Choice, combineFailures, notifyAll } from '../../../src/destinations/notify-all.ts';
import type { DestinationSecrets } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { eventOf } from './events.ts';
import { type Answer, chats, contextFor, failureOf, openRoom, type Platform, statusOf } from './platforms.ts';

const platforms = [...chats, 'forward'] as const;
/** One message that was taken by each, and by none. */
const all = Object.fromEntries(platforms.map((platform) => [platform, [statusOf(platform)]]));
const none = Object.fromEntries(platforms.map((platform) => [platform, []]));

/** Statuses that each platform has answered, in order. */
async function statusesIn(room: ReturnType<typeof openRoom>) {
  const entries = platforms.map(async (platform) => {
    const received = await room.received(platform);
    return [platform, received.map(({ status }) => status)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Tries an event until it succeeds or fails for good, as the queue does; `onTry` runs before each
 * try.
 */
async function drive(secrets: DestinationSecrets, event: AnyEvent, onTry?: (attempt: number) => Promise<void>) {
  const done = new Set<string>();
  for (let attempt = 1; attempt <= 11; attempt += 1) {
    await onTry?.(attempt);
    try {
      await notifyAll(contextFor(secrets, { done, attempt }), event);
      return { attempt, error: undefined };
    } catch (error) {
      if (error instanceof PermanentFailure) return { attempt, error };
    }
  }
  throw new Error('still failing after eleven tries');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('notifyAll', () => {
  it('tells every configured destination', async () => {
    const room = openRoom();
    await notifyAll(contextFor(room.secrets), eventOf('outbid'));
    expect(await statusesIn(room)).toEqual(all);
  });

  it.each(platforms)('tells only %s where only that is configured', async (platform) => {
    const room = openRoom();
    const name = `${platform.toUpperCase().replace('-', '_')}_`;
    const secrets = Object.fromEntries(Object.entries(room.secrets).filter(([secret]) => secret.startsWith(name)));
    await notifyAll(contextFor(secrets), eventOf('outbid'));
    expect(await statusesIn(room)).toEqual({ ...none, [platform]: [statusOf(platform)] });
  });

  it('only writes a log line where nothing is configured', async () => {
    const fetching = vi.spyOn(globalThis, 'fetch');
    const context = contextFor({});
    await notifyAll(context, eventOf('outbid'));
    expect(context.lines).toEqual([expect.stringContaining('"event":"destination.none"')]);
    expect(fetching).not.toHaveBeenCalled();
  });

  it('tells only the forward of a security-critical event', async () => {
    const room = openRoom();
    await notifyAll(contextFor(room.secrets), eventOf('password_reset'));
    expect(await statusesIn(room)).toEqual({ ...none, forward: [200] });
    const choice = { from: 'info' } as const;
    await notifyAll(contextFor(room.secrets), eventOf('email_change'), choice);
    expect(await statusesIn(room)).toEqual({ ...none, forward: [200, 200] });
  });

  it('tells all at the same time', async () => {
    const room = openRoom();
    await room.answers('slack', { hang: true });
    const deadline = new AbortController();
    const context = contextFor(room.secrets, { signal: deadline.signal });
    const waiting = failureOf(notifyAll(context, eventOf('outbid')));
    // Forward is the last in the list: it would never be reached behind a Slack that hangs.
    await vi.waitUntil(async () => (await room.received('forward')).length === 1, { timeout: 120_000 });
    deadline.abort(new DOMException('the time is over', 'TimeoutError'));
    expect((await waiting).message).toBe('Slack did not answer in time');
  });

  it.each<[string, Answer]>([
    ['refuses', { status: 404 }],
    ['fails', { status: 500 }],
    ['limits the rate', { status: 429, headers: { 'Retry-After': '1' } }],
    ['redirects', { status: 302, headers: { Location: '/' } }],
  ])('tells the others where the first %s', async (_, answer) => {
    const room = openRoom();
    await room.answers('slack', answer);
    await failureOf(notifyAll(contextFor(room.secrets), eventOf('outbid')));
    expect(await statusesIn(room)).toEqual({ ...all, slack: [answer.status] });
  });

  it('repeats only what failed: during an outage of Slack, Discord gets each event once', async () => {
    const room = openRoom();
    const { SLACK_WEBHOOK_URL, DISCORD_WEBHOOK_URL } = room.secrets;
    const events = ['outbid', 'instance_offline', 'low_credit'].map((type) => eventOf(type));
    // One after another, so that every event meets three failures of its own.
    for (const event of events) {
      await room.answers('slack', { status: 500 }, { status: 500 }, { status: 500 });
      expect((await drive({ SLACK_WEBHOOK_URL, DISCORD_WEBHOOK_URL }, event)).attempt).toBe(4);
    }
    const outage = [500, 500, 500, 200];
    expect(await statusesIn(room)).toMatchObject({
      slack: [...outage, ...outage, ...outage],
      discord: [200, 200, 200],
    });
  });

  it('retries what failed for a moment while another has refused for good, and only then gives up', async () => {
    const room = openRoom();
    const refusals: Answer[] = Array.from({ length: 11 }, () => ({ status: 404 }));
    await room.answers('slack', ...refusals);
    await room.answers('discord', { status: 500 }, { status: 503 });
    const { attempt, error } = await drive(room.secrets, eventOf('outbid'));
    expect(attempt).toBe(3);
    expect(error?.message).toBe('Slack answered 404');
    expect(await statusesIn(room)).toMatchObject({ discord: [500, 503, 200], 'google-chat': [200], forward: [200] });
  });

  it('names every destination that failed, and no URL', async () => {
    const room = openRoom();
    for (const platform of platforms) await room.answers(platform satisfies Platform, { status: 500 });
    const failure = await failureOf(notifyAll(contextFor(room.secrets), eventOf('outbid')));
    expect(failure.message).toBe(
      'Slack answered 500; Discord answered 500; Google Chat answered 500; ntfy answered 500; ' +
        'Telegram answered 500; PagerDuty answered 500; the forward answered 500',
    );
    for (const secret of [room.name, ...Object.values(room.secrets)]) expect(failure.stack).not.toContain(secret);
  });
});

describe('who hears what', () => {
  const everybody = Object.keys(all);
  const inTheChat = ['slack', 'discord', 'google-chat', 'forward'];
  const heardOf = async (type: string, choice?: Choice) => {
    const room = openRoom();
    await notifyAll(contextFor(room.secrets), eventOf(type), choice);
    const statuses = await statusesIn(room);
    return everybody.filter((platform) => statuses[platform]?.length === 1);
  };

  it.each(['outbid', 'instance_offline', 'machine_offline', 'billing_failed', 'low_credit', 'machine_error'])(
    'is everybody by default of %s, which is urgent',
    async (type) => expect(await heardOf(type)).toEqual(everybody),
  );

  it.each(['near_end_date', 'error_msgs', 'storage_full', 'machine_unverified', 'instance_started', 'gpu_melted'])(
    'is the chats and the forward by default of %s, which is not',
    async (type) => expect(await heardOf(type)).toEqual(inTheChat),
  );

  it.each<[string, Choice, string[]]>([
    ['storage_full', { only: ['ntfy'], from: 'warning' }, ['ntfy']],
    ['instance_created', { only: ['ntfy'], from: 'warning' }, []],
    ['instance_created', { only: ['ntfy', 'slack'], from: 'info' }, ['slack', 'ntfy']],
    ['instance_started', { from: 'info' }, everybody],
    ['storage_full', { from: 'warning' }, everybody],
    ['storage_full', { from: 'critical' }, []],
    ['outbid', { from: 'critical' }, everybody],
    ['storage_full', { only: ['pagerduty', 'discord'] }, ['discord']],
    ['outbid', { only: [] }, []],
  ])('of %s with %j is %j', async (type, choice, heard) => {
    expect(await heardOf(type, choice)).toEqual(heard);
  });

  it('is nobody but the chats of an end whose text names no instance: it ends nothing', async () => {
    const room = openRoom();
    const event = eventOf('instance_online', { subject: 'Online', message: 'Back again.' });
    await notifyAll(contextFor(room.secrets), event);
    expect(await statusesIn(room)).toMatchObject({ slack: [200], ntfy: [], pagerduty: [] });
  });

  it('does not ask what was told before where nobody is to hear of it, or no instance is named', async () => {
    const {
      SLACK_WEBHOOK_URL: _,
      DISCORD_WEBHOOK_URL: __,
      GOOGLE_CHAT_WEBHOOK_URL: ___,
      ...pagers
    } = openRoom().secrets;
    const tellOnce = vi.fn();
    await notifyAll(contextFor(pagers, { tellOnce }), eventOf('instance_created'));
    await notifyAll(contextFor(pagers, { tellOnce }), eventOf('low_credit'));
    const { FORWARD_URL, FORWARD_SECRET } = pagers;
    await notifyAll(contextFor({ FORWARD_URL, FORWARD_SECRET }, { tellOnce }), eventOf('instance_resumed'));
    expect(tellOnce).not.toHaveBeenCalled();
  });
});

describe('failures together', () => {
  const permanent = new PermanentFailure('a');
  const transient = new Error('b');
  const wait = (seconds: number) => new RetryLater(seconds, 'c');

  it('are permanent if all of them are', () => {
    expect(combineFailures([permanent, permanent])).toBeInstanceOf(PermanentFailure);
  });

  it('are retried if any is transient', () => {
    expect(combineFailures([permanent, transient, permanent])).not.toBeInstanceOf(PermanentFailure);
  });

  it('wait for the longest wait asked for', () => {
    const combined = combineFailures([wait(10), permanent, wait(90), transient, wait(30)]);
    expect(combined).toBeInstanceOf(RetryLater);
    expect((combined as RetryLater).seconds).toBe(90);
  });
});
