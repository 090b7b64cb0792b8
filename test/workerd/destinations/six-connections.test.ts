// A batch of five events on a platform that lets six outgoing calls of an invocation wait for their
// answer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DestinationContext } from '../../../src/destinations/context.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import { post } from '../../../src/destinations/post.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { DESTINATION_TIMEOUT_MS, HANDLER_TIMEOUT_MS } from '../../../src/limits.ts';
import { sixSlotsFetch } from '../../platform/six-slots-fetch.ts';
import { eventOf } from './events.ts';
import { contextFor, FORWARD_SECRET } from './platforms.ts';

const EVENTS = [1, 2, 3, 4, 5];

/** Hosts that never answer, and milliseconds until the others do. */
let hanging: Set<string>;
let answerMs: number;
/**
 * Calls that left the Worker and answers that came back, by host; the most calls that were open at
 * once.
 */
let calls: string[];
let answers: string[];
let mostOpen: number;

beforeEach(() => {
  [hanging, answerMs, calls, answers, mostOpen] = [new Set(), 50, [], [], 0];
  let open = 0;
  vi.useFakeTimers();
  const outside = async (input: unknown, init?: RequestInit) => {
    const { hostname } = new URL(String(input));
    calls.push(hostname);
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    try {
      await new Promise<void>((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        if (!hanging.has(hostname)) setTimeout(resolve, answerMs);
      });
    } finally {
      open -= 1;
    }
    answers.push(hostname);
    return new Response('ok');
  };
  vi.stubGlobal('fetch', sixSlotsFetch(outside as typeof fetch));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A handler's context with its deadline; all of one batch share `invocation`. */
function handlerContext(invocation: object, env: DestinationContext['env'] = {}): DestinationContext {
  const deadline = new AbortController();
  setTimeout(() => deadline.abort(), HANDLER_TIMEOUT_MS);
  return contextFor(env, { invocation, signal: deadline.signal });
}

const postTo = (context: DestinationContext, name: string) =>
  post(context, { to: name, url: new URL(`https://${name}.example/secret-path`), body: '{}' });

const count = (hosts: readonly string[], name: string) => hosts.filter((host) => host === `${name}.example`).length;

/** Runs to the end of every handler's time. What failed is in `errors`, as text. */
async function outcomeOf(posts: readonly Promise<unknown>[]) {
  const results = Promise.allSettled(posts);
  await vi.advanceTimersByTimeAsync(HANDLER_TIMEOUT_MS + 1_000);
  const rejected = (await results).filter((result) => result.status === 'rejected');
  return { reasons: rejected.map(({ reason }) => reason), errors: rejected.map(({ reason }) => String(reason)) };
}

describe('a batch of five events with two destinations that hang', () => {
  it('reaches the two healthy of four with every event, and each error names those that hang', async () => {
    hanging = new Set(['slack.example', 'discord.example']);
    const invocation = {};
    const env = {
      SLACK_WEBHOOK_URL: 'https://slack.example/secret-path',
      DISCORD_WEBHOOK_URL: 'https://discord.example/secret-path',
      GOOGLE_CHAT_WEBHOOK_URL: 'https://chat.example/secret-path',
      FORWARD_URL: 'https://forward.example/secret-path',
      FORWARD_SECRET,
    };
    const events = EVENTS.map((number) => ({ ...eventOf('outbid'), id: `event-${number}` }));
    const { errors } = await outcomeOf(events.map((event) => notifyAll(handlerContext(invocation, env), event)));
    expect({ chat: count(answers, 'chat'), forward: count(answers, 'forward') }).toEqual({ chat: 5, forward: 5 });
    expect(errors).toHaveLength(5);
    for (const error of errors) {
      expect(error).toMatch(/^Error: Slack did not answer .*; Discord did not answer /);
      expect(error).not.toMatch(/Google|forward|secret-path/);
    }
  });

  it('reaches the five healthy of seven with every event', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    hanging = new Set(['b.example', 'c.example']);
    const invocation = {};
    const contexts = EVENTS.map(() => handlerContext(invocation));
    const { errors } = await outcomeOf(contexts.flatMap((context) => names.map((name) => postTo(context, name))));
    const reached = Object.fromEntries(names.map((name) => [name, count(answers, name)]));
    expect(reached).toEqual({ a: 5, b: 0, c: 0, d: 5, e: 5, f: 5, g: 5 });
    expect(errors.every((error) => /^Error: [bc] did not answer/.test(error))).toBe(true);
  });
});

describe('a destination that hangs', () => {
  it('is waited for once in a batch: the rest of its posts fail at once, to be retried', async () => {
    hanging = new Set(['slack.example']);
    const invocation = {};
    const first = [1, 2, 3].map(() => postTo(handlerContext(invocation), 'slack'));
    const failing = Promise.allSettled(first);
    await vi.advanceTimersByTimeAsync(DESTINATION_TIMEOUT_MS);
    await failing;
    const late = postTo(handlerContext(invocation), 'slack');
    const { reasons, errors } = await outcomeOf([...first, late]);
    expect(count(calls, 'slack')).toBe(1);
    expect(errors).toEqual([
      'Error: slack did not answer in time',
      ...[2, 3, 4].map(() => 'Error: slack did not answer an earlier post in time'),
    ]);
    expect(reasons.some((reason) => reason instanceof PermanentFailure || reason instanceof RetryLater)).toBe(false);
  });

  it('fails the rest of its posts at once, though others have taken all slots', async () => {
    hanging = new Set(['a.example']);
    answerMs = 0.8 * DESTINATION_TIMEOUT_MS;
    const invocation = {};
    const others = ['b', 'c', 'd', 'e', 'f'];
    const names = ['a', ...others, ...others];
    const posts = names.map((name) => postTo(handlerContext(invocation), name));
    let error: unknown;
    const last = postTo(handlerContext(invocation), 'a').catch((reason) => {
      error = reason;
    });
    const settled = Promise.allSettled([...posts, last]);
    await vi.advanceTimersByTimeAsync(DESTINATION_TIMEOUT_MS + 1);
    expect(String(error)).toBe('Error: a did not answer an earlier post in time');
    await outcomeOf(posts);
    await settled;
  });

  it('is asked again in the next batch', async () => {
    hanging = new Set(['slack.example']);
    await outcomeOf([postTo(handlerContext({}), 'slack')]);
    hanging.clear();
    const { errors } = await outcomeOf([postTo(handlerContext({}), 'slack')]);
    expect(errors).toEqual([]);
  });

  it('leaves the slot of a handler that runs out of time to the next, and is not taken for timed out', async () => {
    hanging = new Set(['slack.example']);
    const invocation = {};
    const deadline = new AbortController();
    const cut = postTo(contextFor({}, { invocation, signal: deadline.signal }), 'slack');
    const next = postTo(handlerContext(invocation), 'slack');
    hanging.clear();
    deadline.abort();
    const { errors } = await outcomeOf([cut, next]);
    expect(errors).toEqual(['Error: slack did not answer in time']);
    expect(count(answers, 'slack')).toBe(1);
  });
});

describe('the time-out of a post', () => {
  it('runs from its turn, not from the call', async () => {
    answerMs = 0.8 * DESTINATION_TIMEOUT_MS;
    const invocation = {};
    const { errors } = await outcomeOf([1, 2, 3].map(() => postTo(handlerContext(invocation), 'slack')));
    expect(errors).toEqual([]);
    expect(count(answers, 'slack')).toBe(3);
  });

  it('sends nothing for a handler whose time is over before the turn comes, and says so', async () => {
    hanging = new Set(['slack.example']);
    const invocation = {};
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(), DESTINATION_TIMEOUT_MS / 2);
    const first = postTo(handlerContext(invocation), 'slack');
    const cut = postTo(contextFor({}, { invocation, signal: deadline.signal }), 'slack');
    const { errors } = await outcomeOf([first, cut]);
    expect(errors).toEqual([
      'Error: slack did not answer in time',
      'Error: the post to slack did not get its turn in time',
    ]);
    expect(count(calls, 'slack')).toBe(1);
  });

  it('sends nothing for a handler whose time is over already', async () => {
    const { errors } = await outcomeOf([postTo(contextFor({}, { signal: AbortSignal.abort() }), 'slack')]);
    expect(errors).toEqual(['Error: the post to slack did not get its turn in time']);
    expect(calls).toEqual([]);
  });
});

it('leaves one of the six connections to the handlers, whatever hangs', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  hanging = new Set(names.map((name) => `${name}.example`));
  const context = handlerContext({});
  const posts = names.map((name) => postTo(context, name));
  const settled = Promise.allSettled(posts);
  await vi.advanceTimersByTimeAsync(1);
  expect(mostOpen).toBe(5);
  const own = fetch('https://own.example/');
  await vi.advanceTimersByTimeAsync(answerMs);
  expect((await own).status).toBe(200);
  await outcomeOf(posts);
  await settled;
  expect(mostOpen).toBe(6);
});

it('shares nothing between contexts that name no invocation', async () => {
  hanging = new Set(['slack.example']);
  const [one, other] = [contextFor({}), contextFor({})];
  await outcomeOf([postTo(one, 'slack'), postTo(other, 'slack')]);
  expect(count(calls, 'slack')).toBe(2);
});
