import { afterEach, describe, expect, it, vi } from 'vitest';
import { discord } from '../../../src/destinations/discord.ts';
import { forward } from '../../../src/destinations/forward.ts';
import { googleChat } from '../../../src/destinations/google-chat.ts';
import { message } from '../../../src/destinations/message.ts';
import { ntfy } from '../../../src/destinations/ntfy.ts';
import { pagerduty } from '../../../src/destinations/pagerduty.ts';
import { slack } from '../../../src/destinations/slack.ts';
import { telegram } from '../../../src/destinations/telegram.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { eventOf } from './events.ts';
import {
  type Answer,
  contextFor,
  FORWARD_SECRET,
  failureOf,
  openRoom,
  type Platform,
  statusOf,
  type TestContext,
} from './platforms.ts';

const event = eventOf('outbid');

const destinations: [Platform, (context: TestContext) => Promise<void>][] = [
  ['slack', (context) => slack(context, message(event))],
  ['discord', (context) => discord(context, message(event))],
  ['google-chat', (context) => googleChat(context, message(event))],
  ['ntfy', (context) => ntfy(context, message(event))],
  ['telegram', (context) => telegram(context, message(event))],
  ['pagerduty', (context) => pagerduty(context, message(event))],
  ['forward', (context) => forward(context, event)],
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(destinations)('%s', (platform, send) => {
  async function outcomeOf(answer: Answer) {
    const room = openRoom();
    await room.answers(platform, answer);
    const context = contextFor(room.secrets);
    const failure = await failureOf(send(context));
    return { room, context, failure };
  }

  it('delivers an event in one request that the platform takes', async () => {
    const room = openRoom();
    await send(contextFor(room.secrets));
    expect((await room.received(platform)).map(({ status }) => status)).toEqual([statusOf(platform)]);
  });

  it('posts an event once, however often its handler is run', async () => {
    const room = openRoom();
    const done = new Set<string>();
    await send(contextFor(room.secrets, { done }));
    await send(contextFor(room.secrets, { done, attempt: 2 }));
    expect(await room.received(platform)).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 410, 413, 422])('gives up for good on %i', async (status) => {
    const { failure } = await outcomeOf({ status });
    expect(failure).toBeInstanceOf(PermanentFailure);
    expect(failure.message).toContain(String(status));
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('has the event retried on %i', async (status) => {
    const { failure } = await outcomeOf({ status });
    expect(failure).not.toBeInstanceOf(PermanentFailure);
    expect(failure).not.toBeInstanceOf(RetryLater);
    expect(failure.message).toContain(String(status));
  });

  it.each([301, 302, 303, 307, 308])('does not follow a %i, and gives up for good', async (status) => {
    const room = openRoom();
    await room.answers(platform, { status, headers: { Location: room.urlOf('elsewhere') } });
    expect(await failureOf(send(contextFor(room.secrets)))).toBeInstanceOf(PermanentFailure);
    expect(await room.received('elsewhere')).toEqual([]);
  });

  it.each([429, 503])('waits as long as Retry-After asks for in seconds on %i', async (status) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { failure } = await outcomeOf({ status, headers: { 'Retry-After': '37' } });
    expect(failure).toBeInstanceOf(RetryLater);
    expect((failure as RetryLater).seconds).toBe(37);
  });

  it('waits until the date in Retry-After', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const date = new Date(Date.now() + 600_000).toUTCString();
    const { failure } = await outcomeOf({ status: 429, headers: { 'Retry-After': date } });
    expect((failure as RetryLater).seconds).toBeGreaterThan(500);
    expect((failure as RetryLater).seconds).toBeLessThanOrEqual(600);
  });

  it('does not keep a failed post from being retried', async () => {
    const room = openRoom();
    await room.answers(platform, { status: 500 });
    const done = new Set<string>();
    await failureOf(send(contextFor(room.secrets, { done })));
    await send(contextFor(room.secrets, { done }));
    expect((await room.received(platform)).map(({ status }) => status)).toEqual([500, statusOf(platform)]);
  });

  it('gives up waiting when the signal fires, and has the event retried', async () => {
    const room = openRoom();
    await room.answers(platform, { hang: true });
    const failure = await failureOf(send(contextFor(room.secrets, { signal: AbortSignal.timeout(300) })));
    expect(failure).not.toBeInstanceOf(PermanentFailure);
    expect(failure.message).toMatch(/did not answer in time$/);
  });

  it('passes on nothing of a network error, which names the URL', async () => {
    const room = openRoom();
    const cause = new Error(`connect ECONNREFUSED ${room.urlOf(platform)}`);
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError(`cannot load ${room.urlOf(platform)}`, { cause }));
    const failure = await failureOf(send(contextFor(room.secrets)));
    expect(failure.message).toMatch(/could not be reached$/);
    for (const secret of secretsOf(room)) expect(traceOf(failure)).not.toContain(secret);
  });

  it.each<[string, Answer]>([
    ['refusal', { status: 404, body: 'no_service' }],
    ['rate limit', { status: 429, headers: { 'Retry-After': '1' } }],
    ['server error', { status: 500 }],
    ['redirect', { status: 302, headers: { Location: '/' } }],
  ])('names neither its URL nor the payload nor the answer after a %s', async (_, answer) => {
    const { room, context, failure } = await outcomeOf({ body: 'you sent: Has Been Outbid', ...answer });
    for (const text of [traceOf(failure), context.lines.join('\n')]) {
      for (const secret of secretsOf(room)) expect(text).not.toContain(secret);
      expect(text).not.toContain('127.0.0.1');
      expect(text).not.toContain('Outbid');
      expect(text).not.toContain('no_service');
    }
  });

  it.each([
    ['unset', undefined],
    ['empty', ''],
    ['no URL', 'hooks.slack.com/services/secret-path'],
    ['not https', 'http://hooks.slack.com/services/secret-path'],
    ['another scheme', 'ftp://hooks.slack.com/services/secret-path'],
  ])('sends nothing while its secret is %s, and says so without quoting it', async (_, url) => {
    const fetching = vi.spyOn(globalThis, 'fetch');
    if (platform === 'pagerduty' && url) return;
    const names = Object.keys(openRoom().secrets).filter((name) => !/_SECRET|NTFY_TOKEN|CHAT_ID/.test(name));
    const secrets = Object.fromEntries(names.map((name) => [name, url]));
    const failure = await failureOf(send(contextFor({ ...openRoom().secrets, ...secrets })));
    expect(failure.message).toMatch(/^the secret [A-Z_]+ is not /);
    expect(traceOf(failure)).not.toContain('secret-path');
    expect(fetching).not.toHaveBeenCalled();
  });
});

it('waits as long as retry_after asks for in the body of a 429', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const room = openRoom();
  await room.answers('discord', { status: 429, body: '{"message":"rate limited","retry_after":64.57,"global":false}' });
  const failure = await failureOf(discord(contextFor(room.secrets), message(event)));
  expect((failure as RetryLater).seconds).toBe(65);
});

it("waits as long as retry_after asks for in the parameters of Telegram's 429", async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const room = openRoom();
  const body = '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}';
  await room.answers('telegram', { status: 429, body });
  const failure = await failureOf(telegram(contextFor(room.secrets), message(event)));
  expect((failure as RetryLater).seconds).toBe(35);
});

it.each(['{"retry_after":"soon"}', '{"retry_after":-1}', 'not JSON', 'null'])(
  'treats a 429 with the body %s as one that names no delay',
  async (body) => {
    const room = openRoom();
    await room.answers('discord', { status: 429, body });
    const failure = await failureOf(discord(contextFor(room.secrets), message(event)));
    expect(failure).not.toBeInstanceOf(RetryLater);
    expect(failure.message).toBe('Discord answered 429');
  },
);

it('scatters the events of a rate limit wider with every try, never below the wait asked for', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const room = openRoom();
  const limited = { status: 429, headers: { 'Retry-After': '30' } };
  await room.answers('slack', limited, limited, limited);
  const waits: number[] = [];
  for (const attempt of [1, 4, 20]) {
    const failure = await failureOf(slack(contextFor(room.secrets, { attempt }), message(event)));
    waits.push((failure as RetryLater).seconds);
  }
  expect(waits).toEqual([30 + 5, 30 + 40, 30 + 1800]);
});

it('has the event retried when the connection breaks', async () => {
  const room = openRoom();
  await room.answers('slack', { drop: true });
  const failure = await failureOf(slack(contextFor(room.secrets), message(event)));
  expect(failure.message).toBe('Slack could not be reached');
  expect(failure).not.toBeInstanceOf(PermanentFailure);
});

it('asks Discord to answer only when it has kept the message', async () => {
  const room = openRoom();
  const url = `${room.urlOf('discord')}?thread_id=7`;
  await discord(contextFor({ DISCORD_WEBHOOK_URL: url }), message(event));
  expect((await room.received('discord'))[0]?.query).toBe('?thread_id=7&wait=true');
});

/** What no error and no log line may show: the secrets, and what they are made of. */
function secretsOf(room: ReturnType<typeof openRoom>): string[] {
  return [room.name, ...Object.values(room.secrets), FORWARD_SECRET];
}

/** All that a log of an error could show. */
function traceOf(error: Error): string {
  return [error.message, error.stack, String(error.cause), JSON.stringify(error)].join('\n');
}
