// Refuses what another site makes a logged-in browser send (CSRF). A browser says where an unsafe
// request comes from; curl and scripts do not, and carry no log-in that another site could use.
// Hono's own check looks at form bodies only, and takes a bare `curl -X POST` for an attack.
import type { MiddlewareHandler } from 'hono';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export const sameOrigin: MiddlewareHandler = async (context, next) => {
  const { method, url } = context.req;
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin') ?? new URL(url).origin;
  const isOurs = site === undefined ? origin === new URL(url).origin : site === 'same-origin';
  if (SAFE_METHODS.has(method) || isOurs) return next();
  return context.text('Refused: sent by another site', 403);
};
