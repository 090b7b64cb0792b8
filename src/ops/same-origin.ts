// Refuses what another site makes a logged-in browser send (CSRF). A browser says where an unsafe
// request comes from; curl and scripts do not, and carry no log-in that another site could use.
// Hono's own check looks at form bodies only, and takes a bare `curl -X POST` for an attack.
import type { OpsContext } from './reader.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The refusal of a request, or undefined where nothing speaks against it. */
export function refuseOtherSite(context: OpsContext): Response | undefined {
  const { method, url } = context.req;
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin') ?? new URL(url).origin;
  const isOurs = site === undefined ? origin === new URL(url).origin : site === 'same-origin';
  return SAFE_METHODS.has(method) || isOurs ? undefined : context.text('Refused: sent by another site', 403);
}
