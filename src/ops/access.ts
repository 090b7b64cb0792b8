// Who may see the operator's page: whoever knows OPS_TOKEN. READ_TOKEN opens the feed, and nothing
// else. HTTP Basic, with any user name; by Hono's parser alone, whose middleware would bundle a
// second digest.
import { auth } from 'hono/utils/basic-auth';
import { MIN_OPS_TOKEN_LENGTH } from '../limits.ts';
import { log } from '../log.ts';
import { isUsable } from '../usable-secret.ts';
import { address, FEED } from './addresses.ts';
import type { OpsContext } from './reader.ts';

type Keys = ReturnType<typeof keysTo>;

const encoder = new TextEncoder();

/** The secrets that open the path of a request. Where there is none, the path does not exist. */
export function keysTo({ env, req }: OpsContext) {
  // The path that routes go by, already without a trailing slash: no other one can pass for it.
  const names = req.path === address(FEED) ? (['OPS_TOKEN', 'READ_TOKEN'] as const) : (['OPS_TOKEN'] as const);
  return names.flatMap((name) => {
    const token = env[name];
    return isUsable(name, token, req.raw, MIN_OPS_TOKEN_LENGTH) ? { name, token } : [];
  });
}

/** Asks who has none of these for the password. A wrong one is logged; a request without is not. */
export async function refuseStranger(context: OpsContext, keys: Keys): Promise<Response | undefined> {
  const given = auth(context.req.raw);
  const same = given && (await Promise.all(keys.map(({ token }) => isSame(given.password, token))));
  if (same?.includes(true)) return undefined;
  if (given) log('ops.login_failed', { reason: 'wrong_password' }, 'warn');
  const user = given?.username.slice(0, 64);
  const names = keys.map(({ name }) => name).join(' or ');
  const advice = `Wrong password for user "${user}": it is this Worker's ${names}. Any user name will do.`;
  return context.text(given ? advice : 'Unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="ops"' });
}

/** Compares digests in constant time: neither length nor first difference shows. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const digestOf = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text));
  const [a, b] = await Promise.all([digestOf(given), digestOf(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/**
 * The refusal of what another site makes a logged-in browser send (CSRF); undefined where nothing
 * speaks against a request. A browser says where an unsafe one comes from; curl and scripts do not,
 * and carry no log-in that another site could use. Hono's own check looks at form bodies only, and
 * takes a bare `curl -X POST` for an attack.
 */
export function refuseOtherSite(context: OpsContext): Response | undefined {
  const { method, url } = context.req;
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin');
  const isOurs = site === undefined ? [undefined, new URL(url).origin].includes(origin) : site === 'same-origin';
  if (isOurs || ['GET', 'HEAD', 'OPTIONS'].includes(method)) return undefined;
  return context.text('Refused: sent by another site', 403);
}
