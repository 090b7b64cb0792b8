// What the Worker is given: bindings from wrangler.toml, secrets from `wrangler secret put`.
// test/node/project/env.test.ts compares this with what `wrangler types` reads from wrangler.toml.

import type { WebhookSecretName } from './endpoint.ts';

/** Bindings that wrangler.toml declares. */
export interface Bindings {
  /** Ids already queued. A filter that saves work, never the judge of who runs an event. */
  SEEN: KVNamespace;
  /** Accepted events on their way to the handlers. */
  EVENTS: Queue;
  /** What was refused although genuine, or could not be handled. */
  DEAD_LETTERS: Queue;
  /** What has happened to each event: the one authority on who may run it. */
  LEDGER: DurableObjectNamespace;
  /** Looks after the instances where a key is set: what no webhook tells. */
  PATROL: DurableObjectNamespace;
}

/** Secrets. All optional: without one, its door stays shut. */
export type Secrets = { [Name in WebhookSecretName]?: string } & {
  /** Epoch seconds. Until then an unknown signature gets 503, not 401, so that Vast.ai retries. */
  VASTAI_ROTATION_UNTIL?: string;
  /** Set by `npm run dev`: the local queue forgets, so the watchdog hurries and KV forgets, too. */
  LOCAL_DEV?: string;
  /** Password of the operator's page: at least `MIN_OPS_TOKEN_LENGTH` characters. */
  OPS_TOKEN?: string;
  /** Password of the feed alone, for programs that read events: as long as OPS_TOKEN. */
  READ_TOKEN?: string;
  /** Public address of the operator's page, for links to it: `https://…/ops`. */
  OPS_URL?: string;
  /** A Vast.ai key of the scope `instance_read` alone. With it, patrol looks after the account. */
  VAST_READ_KEY?: string;
  /** Where that key is sent: Vast.ai itself, except in tests. */
  VAST_API_URL?: string;
} & DestinationSecrets;

/** Where events are told of, if set. The URLs are secrets: whoever has one can post. */
export interface DestinationSecrets {
  SLACK_WEBHOOK_URL?: string;
  DISCORD_WEBHOOK_URL?: string;
  GOOGLE_CHAT_WEBHOOK_URL?: string;
  /** A topic's address, and an access token if it needs one. */
  NTFY_URL?: string;
  NTFY_TOKEN?: string;
  /** A bot, and a chat that it may write to: its number, or a channel's `@name`. */
  TELEGRAM_BOT_TOKEN?: string;
  TELEGRAM_CHAT_ID?: string;
  /** Integration key of a service's Events API v2. */
  PAGERDUTY_ROUTING_KEY?: string;
  /** A service of your own. It gets every event as JSON, signed with `FORWARD_SECRET`. */
  FORWARD_URL?: string;
  /** `whsec_` and the base64 of 24 to 64 random bytes (Standard Webhooks). */
  FORWARD_SECRET?: string;
}

export type Env = Bindings & Secrets;
