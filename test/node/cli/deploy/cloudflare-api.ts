// Cloudflare's API over an account in memory: what wrangler 4.156 asks for when it deploys, stores
// secrets, and removes what it made. Shapes are what wrangler reads; what it does not read is left
// out. A guess is called so where it is made. Any path that nobody knew of is answered with 404 and
// noted, so that a new wrangler cannot ask unseen.
import { Hono } from 'hono';
import { type Binding, type CloudflareAccount, Refusal } from './cloudflare-account.ts';

export type Permission =
  | 'Workers Scripts'
  | 'Workers KV Storage'
  | 'Queues'
  | 'Account Settings'
  | 'User Details'
  | 'Memberships';

/** Which permission a path needs, as the API's reference lists them. */
const NEEDED: readonly [path: RegExp, Permission][] = [
  [/\/storage\/kv\//, 'Workers KV Storage'],
  [/\/queues(\/|$)/, 'Queues'],
  [/\/workers\//, 'Workers Scripts'],
  [/\/user$/, 'User Details'],
  [/\/memberships$/, 'Memberships'],
  [/\/accounts(\/\w+)?$/, 'Account Settings'],
];

const answer = (result: unknown, info: object = {}) =>
  Response.json({ success: true, errors: [], messages: [], result, ...info });

export const refuse = ({ status, code, message }: Refusal) =>
  Response.json({ success: false, errors: [{ code, message }], messages: [], result: null }, { status });

export interface CloudflareApi {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Method and path of what was asked for and not known. */
  readonly unknown: string[];
}

/** @param permissions Of the token that every request comes with. */
export function createCloudflareApi(account: CloudflareAccount, permissions: ReadonlySet<Permission>): CloudflareApi {
  const unknown: string[] = [];
  const app = new Hono().basePath('/client/v4');
  app.onError((error) => {
    if (error instanceof Refusal) return refuse(error);
    throw error;
  });
  app.notFound(({ req }) => {
    unknown.push(`${req.method} ${req.path}`);
    return refuse(new Refusal(404, 7003, 'Could not route to this path'));
  });
  app.use(async ({ req }, next) => {
    const needed = NEEDED.find(([path]) => path.test(req.path))?.[1];
    if (needed && !permissions.has(needed)) throw new Refusal(403, 10000, 'Authentication error');
    await next();
  });

  const one = { id: account.id, name: 'Me' };
  app.get('/user', () => answer({ id: 'u'.repeat(32), email: 'me@example.com' }));
  app.get('/user/tokens/verify', () => answer({ id: 't'.repeat(32), status: 'active' }));
  app.get('/accounts', () => answer([one], pageOf(1)));
  app.get('/accounts/:account', () => answer(one));
  app.get('/memberships', () => answer([{ id: 'm'.repeat(32), account: one }], pageOf(1)));

  const inAccount = app.basePath('/accounts/:account');
  routeNamespaces(inAccount, account);
  routeQueues(inAccount, account);
  routeScripts(inAccount, account);
  return { fetch: async (request) => app.fetch(request), unknown };
}

function pageOf(count: number) {
  return { result_info: { page: 1, per_page: 100, count, total_count: count, total_pages: 1 } };
}

function routeNamespaces(app: Hono, account: CloudflareAccount): void {
  const namespaces = () => [...account.namespaces].map(([id, title]) => ({ id, title, supports_url_encoding: true }));
  app.get('/storage/kv/namespaces', ({ req }) => {
    const page = Number(req.query('page') ?? 1);
    const size = Number(req.query('per_page') ?? 20);
    return answer(namespaces().slice((page - 1) * size, page * size));
  });
  app.post('/storage/kv/namespaces', async ({ req }) => {
    const { title } = await req.json<{ title: string }>();
    return answer({ id: account.createNamespace(title), title });
  });
  app.delete('/storage/kv/namespaces/:id', ({ req }) => {
    const known = account.namespaces.delete(req.param('id'));
    if (!known) throw new Refusal(404, 10013, 'namespace not found');
    return answer({});
  });
}

interface ConsumerBody {
  readonly script_name: string;
  readonly settings: unknown;
  readonly dead_letter_queue?: string;
}

function routeQueues(app: Hono, account: CloudflareAccount): void {
  const shown = (queue: CloudflareAccount['queues'][number]) => ({
    ...queue,
    producers: [],
    producers_total_count: 0,
    consumers: queue.consumers.map((consumer) => ({ ...consumer, type: 'worker' })),
    consumers_total_count: queue.consumers.length,
  });
  app.get('/queues', ({ req }) => {
    const names = req.queries('name');
    const queues = account.queues.filter(({ queue_name }) => !names || names.includes(queue_name)).map(shown);
    return answer(Number(req.query('page') ?? 1) === 1 ? queues : [], pageOf(queues.length));
  });
  app.post('/queues', async ({ req }) => {
    const { queue_name } = await req.json<{ queue_name: string }>();
    return answer(shown(account.createQueue(queue_name)));
  });
  app.delete('/queues/:id', ({ req }) => {
    account.queues.splice(account.queues.indexOf(account.queue(req.param('id'))), 1);
    return answer(null);
  });
  const consume = async (body: ConsumerBody, queueId: string, consumerId?: string) => {
    const { script_name: script, settings, dead_letter_queue } = body;
    const consumer = { script, settings, ...(dead_letter_queue !== undefined && { dead_letter_queue }) };
    return answer(account.consume(queueId, consumer, consumerId));
  };
  app.post('/queues/:id/consumers', async ({ req }) => consume(await req.json(), req.param('id')));
  app.put('/queues/:id/consumers/:consumer', async ({ req }) =>
    consume(await req.json(), req.param('id'), req.param('consumer')),
  );
  app.delete('/queues/:id/consumers/:consumer', ({ req }) => {
    const { consumers } = account.queue(req.param('id'));
    const index = consumers.findIndex(({ consumer_id }) => consumer_id === req.param('consumer'));
    if (index < 0) throw new Refusal(404, 11002, 'Consumer not found');
    consumers.splice(index, 1);
    return answer(null);
  });
}

function routeScripts(app: Hono, account: CloudflareAccount): void {
  app.get('/workers/subdomain', () => {
    if (account.subdomain === undefined) throw new Refusal(404, 10007, 'no subdomain');
    return answer({ subdomain: account.subdomain });
  });
  app.get('/workers/services/:name', ({ req }) => {
    const { tag, tags } = account.script(req.param('name'));
    return answer({ default_environment: { environment: 'production', script: { tag, tags } } });
  });
  app.get('/workers/scripts/:name/settings', ({ req }) => {
    const { bindings, secrets } = account.script(req.param('name'));
    const secretBindings: Binding[] = [...secrets].map((name) => ({ type: 'secret_text', name }));
    return answer({ bindings: [...bindings, ...secretBindings] });
  });
  app.put('/workers/scripts/:name', async ({ req }) => {
    const form = await req.formData();
    const metadata = JSON.parse(String(form.get('metadata'))) as { bindings: Binding[] };
    const { tag } = account.upload(req.param('name'), metadata);
    return answer({ id: req.param('name'), tag, etag: 'e', deployment_id: account.newId(), startup_time_ms: 9 });
  });
  app.patch('/workers/scripts/:name/script-settings', async ({ req }) => {
    const { tags } = await req.json<{ tags?: readonly string[] }>();
    const script = account.script(req.param('name'));
    script.tags = tags ?? script.tags;
    return answer({ tags: script.tags });
  });
  // Who else needs the Worker: nobody.
  app.get('/workers/scripts/:name/references', () => answer({}));
  app.get('/workers/tails/by-consumer/:name', () => answer([]));
  app.delete('/workers/services/:name', ({ req }) => {
    account.deleteScript(req.param('name'));
    return answer(null);
  });
  app.get('/workers/scripts/:name/deployments', ({ req }) => {
    account.script(req.param('name'));
    return answer({ deployments: [] });
  });
  app.get('/workers/scripts/:name/secrets', ({ req }) => {
    const { secrets } = account.script(req.param('name'));
    return answer([...secrets].map((name) => ({ name, type: 'secret_text' })));
  });
  app.put('/workers/scripts/:name/secrets', async ({ req }) => {
    const { name } = await req.json<{ name: string }>();
    account.putSecret(req.param('name'), name);
    return answer({ name, type: 'secret_text' });
  });
  app.get('/workers/workers/:name', ({ req }) => answer({ subdomain: account.script(req.param('name')).workersDev }));
  app.post('/workers/scripts/:name/subdomain', async ({ req }) => {
    const script = account.script(req.param('name'));
    script.workersDev = await req.json();
    return answer(script.workersDev);
  });
}
