// A room on the local platform server for one test, and a handler context whose memory outlives a
// try.
import { inject } from 'vitest';
import type { DestinationContext } from '../../../src/destinations/context.ts';
import type { DestinationSecrets } from '../../../src/env.ts';

export const chats = ['slack', 'discord', 'google-chat', 'ntfy', 'telegram', 'pagerduty'] as const;
export type Platform = (typeof chats)[number] | 'forward' | 'elsewhere';

/** What a platform answers to a message that it takes. */
export const statusOf = (platform: Platform) => (platform === 'pagerduty' ? 202 : 200);

declare module 'vitest' {
  interface ProvidedContext {
    platforms: string;
  }
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Never answers. */
  hang?: boolean;
  /** Closes the connection instead. */
  drop?: boolean;
}

export interface Delivery {
  status: number;
  query: string;
  headers: Record<string, string>;
  body: string;
}

/** 32 random bytes. */
export const FORWARD_SECRET = 'whsec_9rB6TqGHwJWm5nN3v0c8Zl1kQeYx7uOaD2fSiPbLtXE=';

const urlIn = (room: string, platform: Platform) => `${inject('platforms')}/${room}/${platform}`;
const routingKeyOf = (room: string) => room.replaceAll('-', '');
const roomsByKey = new Map<string, string>();

/** Two platforms have addresses of their own. They lead to the room that the secret names. */
const outside = globalThis.fetch;
globalThis.fetch = ((input: RequestInfo | URL, init?: RequestInit) => {
  const url = URL.parse(String(input instanceof Request ? input.url : input));
  const bot = /^\/bot\d+:([\w-]+)\/sendMessage$/.exec(url?.pathname ?? '');
  if (url?.host === 'api.telegram.org' && bot) return outside(urlIn(bot[1] ?? '', 'telegram'), init);
  if (url?.href !== 'https://events.pagerduty.com/v2/enqueue') return outside(input, init);
  const room = roomsByKey.get(JSON.parse(String(init?.body)).routing_key);
  return outside(urlIn(room ?? 'nobody', 'pagerduty'), init);
}) as typeof fetch;

/** The room's name is the secret part of its URLs: no error and no log line may show it. */
export function openRoom() {
  const name = crypto.randomUUID();
  roomsByKey.set(routingKeyOf(name), name);
  const urlOf = (platform: Platform) => urlIn(name, platform);
  return {
    name,
    urlOf,
    /**
     * The next answers of a platform, in order; after them, it judges the payload by its own rules.
     */
    async answers(platform: Platform, ...answers: Answer[]): Promise<void> {
      await fetch(urlOf(platform), { method: 'PUT', body: JSON.stringify(answers) });
    },
    async received(platform: Platform): Promise<Delivery[]> {
      return (await fetch(urlOf(platform))).json();
    },
    secrets: {
      SLACK_WEBHOOK_URL: urlOf('slack'),
      DISCORD_WEBHOOK_URL: urlOf('discord'),
      GOOGLE_CHAT_WEBHOOK_URL: urlOf('google-chat'),
      NTFY_URL: `${urlOf('ntfy')}/my_topic`,
      NTFY_TOKEN: `tk_${name}`,
      TELEGRAM_BOT_TOKEN: `123456:${name}`,
      TELEGRAM_CHAT_ID: '-1001234567890',
      PAGERDUTY_ROUTING_KEY: routingKeyOf(name),
      FORWARD_URL: urlOf('forward'),
      FORWARD_SECRET,
    } satisfies DestinationSecrets,
  };
}

export interface TestContext extends DestinationContext {
  readonly lines: string[];
}

/** A context for one event. Hand `done` on to the next try, as the ledger does. */
export function contextFor(
  env: DestinationContext['env'],
  options: Partial<DestinationContext> & { done?: Set<string> } = {},
) {
  const { done = new Set<string>(), ...rest } = options;
  const lines: string[] = [];
  const context: TestContext = {
    env,
    attempt: 1,
    idempotencyKey: 'a-key',
    signal: new AbortController().signal,
    lines,
    log: (event, fields) => void lines.push(JSON.stringify({ event, ...fields })),
    once: async (step, run) => {
      if (done.has(step)) return;
      await run();
      done.add(step);
    },
    ...rest,
  };
  return context;
}

/** What a promise rejects with; fails where it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}
