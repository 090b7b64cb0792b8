// The HTTP surface: which path means what. Wiring only.
import { Hono } from 'hono/tiny';
import { answerDelivery } from './edge/webhook-route.ts';
import {
  DEFAULT_ENDPOINT,
  isConfigured,
  isReserved,
  liveSecrets,
  NAMED_ENDPOINT_ROUTE,
  WEBHOOK_PATH,
} from './endpoint.ts';
import type { Env } from './env.ts';
import { errorSite, log } from './log.ts';
import { createOps } from './ops/ops-app.ts';
import { glanceAtPatrol } from './patrol/client.ts';

// A trailing slash is served, never redirected: to the provider a redirect is a permanent failure.
export const app = new Hono<{ Bindings: Env }>({ strict: false });

// One handler for all methods: Hono would chain a second that matches for every delivery.
app.all(WEBHOOK_PATH, (context) =>
  answerDelivery(context, DEFAULT_ENDPOINT, liveSecrets(context.env, DEFAULT_ENDPOINT, context.req.raw)),
);
app.all(NAMED_ENDPOINT_ROUTE, (context) => {
  const endpoint = context.req.param('endpoint');
  // A reserved name is nobody's endpoint, so no secret is its own.
  return answerDelivery(
    context,
    endpoint,
    isReserved(endpoint) ? [] : liveSecrets(context.env, endpoint, context.req.raw),
  );
});

app.get('/health', async (context) => {
  const { env, req } = context;
  const picture = await glanceAtPatrol(env);
  const patrol = env.VAST_READ_KEY ? { lastSuccess: picture && new Date(picture.at).toISOString() } : undefined;
  const configured = isConfigured(env, req.raw);
  return context.json({ status: configured ? 'ok' : 'unconfigured', patrol }, configured ? 200 : 503);
});
app.all('/health', (context) => context.json({ error: 'Method not allowed' }, 405, { Allow: 'GET, HEAD' }));

app.route('/ops', createOps());

app.notFound((context) => context.json({ error: 'Not found' }, 404));
app.onError((error, context) => {
  log('webhook.failed', { error: errorSite(error) }, 'error');
  return context.json({ error: 'Internal error' }, 500);
});
