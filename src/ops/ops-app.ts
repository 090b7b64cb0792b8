// The operator's page, API and metrics as one app, mounted at /ops: access first, then routes.
import { Hono } from 'hono/tiny';
import { isConfigured } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { RETRY_AFTER_SECONDS } from '../limits.ts';
import { errorSite, log } from '../log.ts';
import { glanceAtPatrol } from '../patrol/client.ts';
import { keysTo, refuseOtherSite, refuseStranger } from './access.ts';
import { addApi, unavailable } from './api.ts';
import { errorPage } from './layout.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics.ts';
import { addPages } from './pages.ts';
import { takeSnapshot } from './snapshot.ts';
import { STYLESHEET } from './stylesheet.ts';

/** Pages load our own stylesheet only, and nothing is framed, cached or indexed. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  // Of this host alone: its subdomains may be someone else's affair.
  'Strict-Transport-Security': 'max-age=15552000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
};

export function createOps(): Hono<{ Bindings: Env }> {
  const ops = new Hono<{ Bindings: Env }>({ strict: false });

  ops.use(async (context, next) => {
    const keys = keysTo(context);
    // Closed means that the path does not exist: no header may tell it from any other unknown path.
    if (keys.length === 0) return context.notFound();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    return (await refuseStranger(context, keys)) ?? refuseOtherSite(context) ?? next();
  });

  ops.get('/style.css', (context) => context.body(STYLESHEET, 200, { 'Content-Type': 'text/css' }));
  ops.get('/metrics', async (context) => {
    const [snapshot, picture] = await Promise.all([takeSnapshot(context.env), glanceAtPatrol(context.env)]);
    const text = renderMetrics(snapshot, isConfigured(context.env, context.req.raw), Date.now(), picture);
    return context.body(text, 200, { 'Content-Type': METRICS_CONTENT_TYPE });
  });
  addApi(ops);
  addPages(ops);

  // No path serves two methods.
  for (const { path, method } of ops.routes.filter(({ method }) => method !== 'ALL')) {
    const Allow = method === 'GET' ? 'GET, HEAD' : method;
    ops.all(path, (context) => context.text('Method not allowed', 405, { Allow }));
  }

  ops.onError((error, context) => {
    log('ops.failed', { error: errorSite(error) }, 'error');
    if (/^\/ops\/(api\/|metrics)/.test(context.req.path)) return unavailable(context);
    const advice = 'Deliveries are still accepted and kept in the queue. Reload this page in a minute.';
    context.header('Retry-After', String(RETRY_AFTER_SECONDS));
    return errorPage(context, 503, 'The ledger did not answer', advice);
  });
  return ops;
}
