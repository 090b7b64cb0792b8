// Vast.ai as the contract describes it: the webhook API, its errors, and deliveries that are signed
// with the secret of the moment, retried after 408, 429, 5xx and lost connections, and given up
// after anything else.

import { setTimeout as realSleep } from 'node:timers/promises';
import { catalogueKeys, contextOf, slugOf } from '../../../../src/cli/vast/webhooks/event-keys.ts';
import { sampleOf } from '../../../../src/event/samples.ts';
import { schemes } from '../../../../src/signature/schemes.ts';
import { signDelivery } from '../../../../src/signature/sign.ts';
import type { Clock } from './clock.ts';
import { serve } from './serve.ts';

export const API_KEY = 'vast-key-0123456789abcdef';

interface Registered {
  readonly id: number;
  name?: string;
  webhook_url: string;
  event_types: string[];
  created_at: string;
  updated_at: string;
}

/** Answers in place of the API. `after`: the call has taken effect, but its answer is replaced. */
export interface Fault {
  readonly call: string;
  readonly when: 'before' | 'after';
  readonly answer: () => Promise<Response> | Response;
  /** How often; for ever where it is not given. */
  times?: number;
}

export interface FakeProvider {
  readonly origin: string;
  readonly webhooks: Map<number, Registered>;
  /** Current secret by webhook. */
  readonly secrets: Map<number, string>;
  /** Every secret ever given out. */
  readonly everySecret: string[];
  /** `POST create`, `POST rotate`, … in the order in which they came. */
  readonly calls: string[];
  readonly faults: Fault[];
  keys: string[];
  tellsEventId: boolean;
  add(url: string, secret: string): number;
  /** Delivers one event until it is taken or given up, and says which. */
  deliver(id: number, eventId: string, signing: Signing): Promise<'delivered' | 'refused'>;
}

/**
 * Whether a waiting retry is signed again with the secret of the moment: Vast.ai does not say, so
 * both are played.
 */
export type Signing = 'signed_again' | 'signed_once';

export async function startFakeProvider(clock: Clock): Promise<FakeProvider> {
  let lastId = 10;
  const provider: FakeProvider = {
    origin: await serve(answer),
    webhooks: new Map(),
    secrets: new Map(),
    everySecret: [],
    calls: [],
    faults: [],
    keys: [...catalogueKeys],
    tellsEventId: true,
    add: (url, secret) => {
      const id = register({ webhook_url: url, event_types: ['client:outbid'] }).id;
      provider.secrets.set(id, secret);
      return id;
    },
    deliver,
  };
  return provider;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const call = callOf(request.method, pathname);
    provider.calls.push(call);
    if (request.headers.get('authorization') !== `Bearer ${API_KEY}`) {
      return json(401, { success: false, error: 'auth_error', msg: 'Invalid API key' });
    }
    const before = take(call, 'before');
    if (before) return before.answer();
    const result = await perform(call, pathname, request);
    const after = take(call, 'after');
    return after ? after.answer() : result;
  }

  function take(call: string, when: Fault['when']): Fault | undefined {
    const fault = provider.faults.find((one) => one.call === call && one.when === when && one.times !== 0);
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  async function perform(call: string, pathname: string, request: Request): Promise<Response> {
    if (call === 'types') return json(200, { success: true, notification_types: provider.keys.map(typeOf) });
    if (call === 'list') return json(200, { success: true, webhooks: [...provider.webhooks.values()] });
    if (call === 'create') {
      const fields = (await request.json()) as Partial<Registered>;
      const refusal = refusalOf(fields);
      if (refusal) return json(400, { success: false, error: 'invalid_args', msg: refusal });
      const webhook = register(fields as Registered);
      return json(200, { success: true, webhook: { ...webhook, webhook_secret: newSecret(webhook.id) } });
    }
    const webhook = provider.webhooks.get(Number(pathname.split('/')[4]));
    if (!webhook) return json(404, { success: false, error: 'not_found', msg: 'No such webhook' });
    if (call === 'update') {
      Object.assign(webhook, await request.json());
      return json(200, { success: true, webhook });
    }
    if (call === 'delete') {
      provider.webhooks.delete(webhook.id);
      return json(200, { success: true });
    }
    if (call === 'rotate') {
      return json(200, { success: true, webhook: { ...webhook, webhook_secret: newSecret(webhook.id) } });
    }
    return test(webhook);
  }

  function refusalOf({ webhook_url = '', event_types = [] }: Partial<Registered>): string | undefined {
    if (provider.webhooks.size >= 4) return 'Webhook limit reached';
    if (event_types.length === 0 || event_types.some((key) => !provider.keys.includes(key)))
      return 'Invalid event_types';
    if ([...provider.webhooks.values()].some((one) => one.webhook_url === webhook_url)) return 'URL already registered';
    return undefined;
  }

  function register(fields: Pick<Registered, 'webhook_url' | 'event_types'>): Registered {
    lastId += 1;
    const now = new Date(clock.now()).toISOString();
    const webhook = { ...fields, id: lastId, created_at: now, updated_at: now };
    provider.webhooks.set(webhook.id, webhook);
    return webhook;
  }

  function newSecret(id: number): string {
    const secret = `whsec-${crypto.randomUUID()}`;
    provider.secrets.set(id, secret);
    provider.everySecret.push(secret);
    return secret;
  }

  async function test(webhook: Registered): Promise<Response> {
    const eventId = crypto.randomUUID().replaceAll('-', '');
    const { body } = sampleOf('webhook_test', { id: eventId, now: clock.now() });
    const status = await send(webhook, { ...(await sign(webhook.id, body)), ...unsigned(eventId, 1) }, body);
    if (status >= 200 && status < 300) {
      const told = provider.tellsEventId ? { webhook_id: webhook.id, event_id: eventId } : { msg: 'Delivered' };
      return json(200, { success: true, ...told });
    }
    return isTransient(status)
      ? json(502, { success: false, error: 'delivery_failed', msg: 'Delivery failed' })
      : json(400, { success: false, error: 'not_deliverable', msg: 'Webhook is not deliverable' });
  }

  async function deliver(id: number, eventId: string, signing: Signing): Promise<'delivered' | 'refused'> {
    const webhook = provider.webhooks.get(id);
    if (!webhook) return 'refused';
    const { body } = sampleOf('outbid', { id: eventId, now: clock.now() });
    let headers = await sign(id, body);
    for (let attempt = 1; ; attempt += 1) {
      const status = await send(webhook, { ...headers, ...unsigned(eventId, attempt) }, body);
      if (status >= 200 && status < 300) return 'delivered';
      if (!isTransient(status)) return 'refused';
      await realSleep(20);
      if (signing === 'signed_again') headers = await sign(id, body);
    }
  }

  function sign(id: number, body: string): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(clock.now() / 1000));
    return signDelivery(schemes.notification, provider.secrets.get(id) ?? '', timestamp, Buffer.from(body));
  }
}

function unsigned(eventId: string, attempt: number): Record<string, string> {
  return { 'X-Vast-Event-Id': eventId, 'X-Vast-Delivery-Attempt': String(attempt) };
}

/** 0 stands for a connection that came to nothing. */
async function send(webhook: Registered, headers: Record<string, string>, body: string): Promise<number> {
  try {
    const response = await fetch(webhook.webhook_url, { method: 'POST', redirect: 'manual', headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

function callOf(method: string, pathname: string): string {
  if (pathname === '/api/v0/notification-types/') return 'types';
  if (pathname.endsWith('/rotate-secret/')) return 'rotate';
  if (pathname.endsWith('/test/')) return 'test';
  if (pathname === '/api/v0/webhooks/') return method === 'GET' ? 'list' : 'create';
  return method === 'DELETE' ? 'delete' : 'update';
}

function typeOf(key: string) {
  const slug = slugOf(key);
  return {
    key,
    slug,
    context: contextOf(key),
    category: 'c',
    display_name: slug,
    default_preferences: {},
    mandatory_email: false,
  };
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}
