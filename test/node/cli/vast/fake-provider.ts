// Vast.ai as the contract describes it, a server with state: the webhook API, API keys with their
// scopes and the list of instances, with their errors and limits. What it delivers is in
// provider-deliveries.ts.
//
// Each part says how sure it is: [doc] Vast.ai's documentation, [spec] its unreleased API
// descriptions, [live] captured from the real service, [guess] ours alone.
import { catalogueKeys, contextOf, slugOf } from '../../../../src/cli/vast/webhooks/event-keys.ts';
import type { Clock } from './clock.ts';
import type { Network } from './network.ts';
import { createDeliveries, type Delivery, isTransient, type Signing, type Stream } from './provider-deliveries.ts';

export const API_KEY = 'vast-key-0123456789abcdef';

/** [doc] */
const MAX_WEBHOOKS = 4;
const MAX_NAME_LENGTH = 120;
/** [spec] Shortest time between two calls of one key, where it is not the usual 2 s. */
const MIN_INTERVAL_MS: Partial<Record<ApiCallName, number>> = { instances: 1_000, keys: 1_000 };
const USUAL_INTERVAL_MS = 2_000;
export const USER_ID = 123;

/** [doc] At most so many instances on a page; no limit, or one below 1, means fewer. */
const MAX_PAGE = 25;
const DEFAULT_PAGE = 5;

export interface Registered {
  readonly id: number;
  readonly user_id: number;
  /** [spec] null where none was given. */
  name: string | null;
  webhook_url: string;
  /** Full keys. */
  event_types: string[];
  created_at: string;
  updated_at: string;
}

/** A key of the account, as it is kept: never its value. */
export interface AccountKey {
  readonly id: number;
  readonly name: string;
  /** Its scopes [doc]; undefined where it may do everything. */
  readonly scopes: readonly string[] | undefined;
}

export type ApiCallName = keyof typeof SCOPES;

/** What a key needs for each call: [doc] for instances, else [spec]. */
const SCOPES = {
  types: 'user_read',
  list: 'user_read',
  create: 'user_write',
  update: 'user_write',
  delete: 'user_write',
  rotate: 'user_write',
  test: 'user_write',
  prefs: 'user_read',
  'set-prefs': 'user_write',
  keys: 'user_read',
  'create-key': 'user_write',
  'delete-key': 'user_write',
  instances: 'instance_read',
  'old-instances': 'instance_read',
};

/** Answers in place of the API. `after`: the call has taken effect, but its answer is replaced. */
export interface Fault {
  readonly call: string;
  readonly when: 'before' | 'after';
  readonly answer: () => Promise<Response> | Response;
  /** How often; for ever where it is not given. */
  times?: number;
}

/** What the account's owner has chosen for one type [doc]. */
interface Channels {
  email: boolean;
  webhooks: boolean;
}

export interface FakeProvider {
  readonly origin: string;
  readonly webhooks: Map<number, Registered>;
  /** Current secret by webhook. */
  readonly secrets: Map<number, string>;
  /** Every secret ever given out. */
  readonly everySecret: string[];
  /** `create`, `rotate`, … in the order in which they came; a call that was too fast is none. */
  readonly calls: string[];
  readonly faults: Fault[];
  /** Notification preferences by context and slug. A delivery needs `webhooks: true` [doc]. */
  readonly preferences: Record<string, Record<string, Channels>>;
  keys: string[];
  /** [spec] the test call's answer has `event_id`; [live] it has only `msg`. */
  tellsEventId: boolean;
  /** [spec] `list` may answer with slugs where `create` takes full keys. */
  listsSlugs: boolean;
  /** What the stream has sent, or is sending. */
  readonly deliveries: readonly Delivery[];
  /** Every API key that is valid now, by its value; the first may do everything. */
  readonly apiKeys: Map<string, AccountKey>;
  /** The rows of the account's instances, as the database has them: with secrets. */
  instances: Record<string, unknown>[];
  /** [doc] says 403 of a key without the scope, [spec] knows only 401. */
  refusesScopeWith: 401 | 403;
  /** A key gets full access, whatever permissions were asked for [guess]. */
  ignoresPermissions: boolean;
  /** A webhook that exists already. */
  add(url: string, secret: string): number;
  /** Lets events happen from now on, without pause: each goes to every webhook that wants it. */
  startStream(signing: Signing, everyMs?: number): Stream;
}

export async function startFakeProvider(clock: Clock, network: Network): Promise<FakeProvider> {
  let lastId = 10;
  const lastCallAt = new Map<string, number>();
  const deliveries = createDeliveries(clock, network, {
    webhookOf: (id) => provider.webhooks.get(id),
    secretOf: (id) => provider.secrets.get(id) ?? '',
    wanted: () =>
      [...provider.webhooks.values()].flatMap(({ id, event_types }) =>
        event_types.filter((key) => channelsOf(key)?.webhooks).map((key) => ({ webhook: id, key })),
      ),
  });

  const provider: FakeProvider = {
    origin: await network.host('vast', answer),
    webhooks: new Map(),
    secrets: new Map(),
    everySecret: [],
    calls: [],
    faults: [],
    preferences: preferencesFor(catalogueKeys),
    keys: [...catalogueKeys],
    tellsEventId: true,
    listsSlugs: false,
    apiKeys: new Map([[API_KEY, { id: 1, name: 'primary', scopes: undefined }]]),
    instances: [],
    refusesScopeWith: 403,
    ignoresPermissions: false,
    deliveries: deliveries.all,
    add: (url, secret) => {
      const { id } = register({ webhook_url: url, event_types: ['client:outbid'] });
      provider.secrets.set(id, secret);
      return id;
    },
    startStream: deliveries.start,
  };
  return provider;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const call = callOf(request.method, pathname);
    if (call === undefined) return json(404, { success: false, error: 'not_found', msg: 'No such route' });
    const token = (request.headers.get('authorization') ?? '').replace(/^Bearer /, '');
    if (isTooFast(call, token)) return tooManyRequests();
    provider.calls.push(call);
    const key = provider.apiKeys.get(token);
    if (!key) return json(401, { success: false, error: 'auth_error', msg: 'Invalid API key' });
    const before = take(call, 'before');
    if (before) return before.answer();
    if (key.scopes?.includes(SCOPES[call]) === false) return outOfScope(provider.refusesScopeWith);
    const result = await perform(call, pathname, request);
    const after = take(call, 'after');
    return after ? after.answer() : result;
  }

  /**
   * [doc] Counted by key and endpoint. That methods count apart, and refused calls not at all, is a
   * [guess].
   */
  function isTooFast(call: ApiCallName, token: string): boolean {
    const interval = MIN_INTERVAL_MS[call] ?? USUAL_INTERVAL_MS;
    const counter = `${call} ${token}`;
    const tooFast = clock.now() - (lastCallAt.get(counter) ?? Number.NEGATIVE_INFINITY) < interval;
    if (!tooFast) lastCallAt.set(counter, clock.now());
    return tooFast;
  }

  function take(call: string, when: Fault['when']): Fault | undefined {
    const fault = provider.faults.find((one) => one.call === call && one.when === when && one.times !== 0);
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  async function perform(call: ApiCallName, pathname: string, request: Request): Promise<Response> {
    const idInPath = Number(pathname.split('/')[4]);
    switch (call) {
      case 'keys':
        // [spec] Values are never shown again.
        return json(200, { apikeys: [...provider.apiKeys.values()].map(listedKey) });
      case 'create-key':
        return createKey((await request.json()) as { name?: string; permissions?: Permissions });
      case 'delete-key':
        return deleteKey(Number(pathname.split('/')[5]));
      case 'instances':
        return pageOfInstances(new URL(request.url).searchParams);
      case 'old-instances':
        // [spec] For accounts created after 2026-06-02.
        return json(410, { success: false, error: 'gone', msg: 'Use /api/v1/instances/' });
      case 'types':
        return json(200, { success: true, notification_types: provider.keys.map(typeOf) });
      case 'list':
        return json(200, { success: true, webhooks: [...provider.webhooks.values()].map(listed) });
      case 'create':
        return create((await request.json()) as Partial<Registered>);
      case 'prefs':
        // [guess] Another user's are not found.
        if (idInPath !== USER_ID) return json(404, { success: false, error: 'not_found', msg: 'No such user' });
        return json(200, { success: true, notification_preferences: provider.preferences });
      case 'set-prefs':
        // No command of ours writes them: what is left out would be gone [doc].
        return json(500, { success: false, error: 'unforeseen', msg: 'The stand-in cannot do this' });
      default: {
        const webhook = provider.webhooks.get(idInPath);
        if (!webhook) return json(404, { success: false, error: 'not_found', msg: 'No such webhook' });
        return change(call, webhook, request);
      }
    }
  }

  async function change(
    call: 'update' | 'delete' | 'rotate' | 'test',
    webhook: Registered,
    request: Request,
  ): Promise<Response> {
    switch (call) {
      case 'update': {
        const fields = (await request.json()) as Partial<Registered>;
        const refusal = refusalOf({ ...webhook, ...fields });
        if (refusal) return json(400, { success: false, error: 'invalid_args', msg: refusal });
        // [spec] The secret stays.
        Object.assign(webhook, fields, { updated_at: new Date(clock.now()).toISOString() });
        return json(200, { success: true, webhook, enabled_notification_preferences: enable(webhook) });
      }
      case 'delete':
        provider.webhooks.delete(webhook.id);
        return json(200, { success: true });
      case 'rotate':
        // [spec] The old secret dies at once.
        return json(200, { success: true, webhook: { ...webhook, webhook_secret: newSecret(webhook.id) } });
      case 'test':
        return test(webhook);
    }
  }

  function createKey({ name, permissions }: { name?: string; permissions?: Permissions }): Response {
    if (!name) return json(400, { success: false, msg: 'Failed to create API key.' });
    const scopes = provider.ignoresPermissions || !permissions?.api ? undefined : Object.keys(permissions.api);
    const key = `key-${crypto.randomUUID()}`;
    lastId += 1;
    provider.apiKeys.set(key, { id: lastId, name, scopes });
    provider.everySecret.push(key);
    // [doc] has no `success`, and false where there are no restrictions.
    return json(200, { id: lastId, key, permissions: scopes ? permissions : false });
  }

  function deleteKey(id: number): Response {
    const [value, key] = [...provider.apiKeys].find(([, one]) => one.id === id) ?? [];
    if (value === undefined) return json(404, { msg: 'API Key not found.' });
    if (key?.id === 1) return json(400, { msg: 'You cannot delete your primary key.' });
    provider.apiKeys.delete(value);
    // [doc] A text, not an object.
    return json(200, 'Successfully Deleted API Key');
  }

  /** [doc] Unknown columns are null. [live] Where none are chosen all come, secrets too. */
  function pageOfInstances(query: URLSearchParams): Response {
    const limit = Math.min(Number(query.get('limit') ?? 0), MAX_PAGE);
    const at = Number(query.get('after_token') ?? 0);
    const columns = JSON.parse(query.get('select_cols') ?? 'null') as string[] | null;
    const page = provider.instances.slice(at, at + (limit < 1 ? DEFAULT_PAGE : limit));
    const next = at + page.length < provider.instances.length ? String(at + page.length) : null;
    const shown = (row: Record<string, unknown>) =>
      columns ? Object.fromEntries(columns.map((name) => [name, row[name] ?? null])) : row;
    return json(200, {
      success: true,
      instances_found: page.length,
      total_instances: provider.instances.length,
      label_counts: {},
      next_token: next,
      instances: page.map(shown),
    });
  }

  function create(fields: Partial<Registered>): Response {
    const refusal = provider.webhooks.size >= MAX_WEBHOOKS ? 'Webhook limit reached' : refusalOf(fields);
    if (refusal) return json(400, { success: false, error: 'invalid_args', msg: refusal });
    const webhook = register(fields as Registered);
    // The secret is shown here and by rotate, never again [doc].
    const shown = { ...webhook, webhook_secret: newSecret(webhook.id) };
    return json(200, { success: true, webhook: shown, enabled_notification_preferences: enable(webhook) });
  }

  function refusalOf({ id, name, webhook_url = '', event_types = [] }: Partial<Registered>): string | undefined {
    if ((name ?? '').length > MAX_NAME_LENGTH || /\p{Cc}/u.test(name ?? '')) return 'Invalid name';
    if (event_types.length === 0 || event_types.some((key) => !provider.keys.includes(key))) {
      return 'Invalid event_types';
    }
    // [spec]
    const taken = [...provider.webhooks.values()].some((one) => one.webhook_url === webhook_url && one.id !== id);
    return taken ? 'URL already registered' : undefined;
  }

  function register(fields: Pick<Registered, 'webhook_url' | 'event_types'> & Partial<Registered>): Registered {
    lastId += 1;
    const now = new Date(clock.now()).toISOString();
    const webhook = { name: null, ...fields, id: lastId, user_id: USER_ID, created_at: now, updated_at: now };
    provider.webhooks.set(webhook.id, webhook);
    return webhook;
  }

  function listed(webhook: Registered) {
    return provider.listsSlugs ? { ...webhook, event_types: webhook.event_types.map(slugOf) } : webhook;
  }

  function channelsOf(key: string): Channels | undefined {
    return provider.preferences[contextOf(key)]?.[slugOf(key)];
  }

  /** [guess] from the answer's field: subscribing switches the webhook channel on. */
  function enable({ event_types }: Registered): string[] {
    const off = event_types.filter((key) => channelsOf(key)?.webhooks === false);
    for (const key of off) Object.assign(channelsOf(key) ?? {}, { webhooks: true });
    return off;
  }

  function newSecret(id: number): string {
    const secret = `whsec-${crypto.randomUUID()}`;
    provider.secrets.set(id, secret);
    provider.everySecret.push(secret);
    return secret;
  }

  async function test(webhook: Registered): Promise<Response> {
    const { eventId, status } = await deliveries.test(webhook);
    if (status >= 200 && status < 300) {
      const told = provider.tellsEventId ? { webhook_id: webhook.id, event_id: eventId } : { msg: 'Delivered' };
      return json(200, { success: true, ...told });
    }
    return isTransient(status) ? testFailed() : testRefused();
  }
}

/** What the test call answers where our answer was transient [spec], or permanent [live]. */
export const testFailed = () => json(502, { success: false, error: 'delivery_failed', msg: 'Delivery failed' });
export const testRefused = () =>
  json(400, { success: false, error: 'not_deliverable', msg: 'Webhook is not deliverable' });

/** [doc] Plain text, without Retry-After; the text is a [guess]. */
export const tooManyRequests = () => new Response('API requests too frequent', { status: 429 });

/** What a key without the scope is answered; the body is a [guess]. */
export const outOfScope = (status = 403) =>
  json(status, { success: false, error: 'forbidden', msg: 'Missing permission' });

type Permissions = { readonly api?: Record<string, unknown> };

/** [spec] */
const listedKey = ({ id, name }: AccountKey) => ({ id, user_id: USER_ID, key: null, key_type: 'api', name });

function callOf(method: string, pathname: string): ApiCallName | undefined {
  if (pathname === '/api/v0/notification-types/') return 'types';
  if (pathname === '/api/v1/instances/') return 'instances';
  if (pathname === '/api/v0/instances/') return 'old-instances';
  if (pathname === '/api/v0/auth/apikeys/') return method === 'GET' ? 'keys' : 'create-key';
  if (/^\/api\/v0\/auth\/apikeys\/\d+\/$/.test(pathname) && method === 'DELETE') return 'delete-key';
  if (/^\/api\/v0\/users\/\d+\/notification-prefs\/$/.test(pathname)) return method === 'GET' ? 'prefs' : 'set-prefs';
  if (pathname === '/api/v0/webhooks/') return method === 'GET' ? 'list' : 'create';
  const [, action] = /^\/api\/v0\/webhooks\/\d+\/(rotate-secret\/|test\/|)$/.exec(pathname) ?? [];
  if (action === 'rotate-secret/') return 'rotate';
  if (action === 'test/') return 'test';
  if (action === undefined) return undefined;
  return method === 'DELETE' ? 'delete' : 'update';
}

/** [guess] All channels are on at first; the real defaults are in `default_preferences`. */
function preferencesFor(keys: readonly string[]): Record<string, Record<string, Channels>> {
  const channels = (context: string) =>
    keys.filter((key) => contextOf(key) === context).map((key) => [slugOf(key), { email: true, webhooks: true }]);
  const contexts = [...new Set(keys.map(contextOf))];
  return Object.fromEntries(contexts.map((context) => [context, Object.fromEntries(channels(context))]));
}

function typeOf(key: string) {
  const slug = slugOf(key);
  return {
    key,
    slug,
    context: contextOf(key),
    category: 'c',
    display_name: slug,
    default_preferences: { email: true, webhooks: false },
    mandatory_email: false,
  };
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}
