import { afterEach, describe, expect, it, vi } from 'vitest';
import { combineFailures } from '../../../src/destinations/fan-out.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import type { DestinationSecrets } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { eventOf } from './events.ts';
import { type Answer, contextFor, failureOf, openRoom, type Platform } from './platforms.ts';

const platforms = ['slack', 'discord', 'google-chat', 'forward'] as const;

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
    expect(await statusesIn(room)).toEqual({ slack: [200], discord: [200], 'google-chat': [200], forward: [200] });
  });

  it.each(platforms)('tells only %s where only that is configured', async (platform) => {
    const room = openRoom();
    const name = { slack: 'SLACK_', discord: 'DISCORD_', 'google-chat': 'GOOGLE_CHAT_', forward: 'FORWARD_' }[platform];
    const secrets = Object.fromEntries(Object.entries(room.secrets).filter(([secret]) => secret.startsWith(name)));
    await notifyAll(contextFor(secrets), eventOf('outbid'));
    const others = platforms.filter((each) => each !== platform);
    expect(await statusesIn(room)).toEqual({
      [platform]: [200],
      ...Object.fromEntries(others.map((each) => [each, []])),
    });
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
    expect(await statusesIn(room)).toEqual({ slack: [], discord: [], 'google-chat': [], forward: [200] });
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
    expect(await statusesIn(room)).toMatchObject({ discord: [200], 'google-chat': [200], forward: [200] });
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
      'Slack answered 500; Discord answered 500; Google Chat answered 500; the forward answered 500',
    );
    expect(failure.stack).not.toContain(room.name);
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

  it('pass on no text of what is not an error', () => {
    expect(combineFailures(['https://hooks.slack.com/secret'] as unknown[]).message).toBe('unknown failure');
  });
});
