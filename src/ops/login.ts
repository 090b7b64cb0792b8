// Who may see the operator's page: whoever knows OPS_TOKEN. HTTP Basic, with any user name.
//
// Only failures are counted. The platform's limiter cannot be asked without counting, so an address that it has turned away
// is remembered in this isolate for a minute, and until then not even a right password is looked at: an answer to a guess is
// what must be limited. A limiter that fails lets everybody try; the token is still needed.
//
// Of Hono's basic-auth only the parser is used: the middleware around it knows no limiter, and doubles this file's size.
import type { Context, MiddlewareHandler } from 'hono';
import { auth } from 'hono/utils/basic-auth';
import type { Env } from '../env.ts';
import { LOGIN_BLOCK_SECONDS, MAX_BLOCKED_ADDRESSES } from '../limits.ts';
import { type Log, platformError } from '../log.ts';
import { networkOf } from './network-of.ts';

/** Until when an address is turned away, in milliseconds since the epoch. */
const blocked = new Map<string, number>();
const encoder = new TextEncoder();

/** Without the secret, the next middleware is never reached and the path does not exist. */
export function login(log: Log): MiddlewareHandler<{ Bindings: Env }> {
  return async (context, next) => {
    const expected = context.env.OPS_TOKEN;
    if (!expected) return context.notFound();
    // Set by the platform, which overwrites what a client claims.
    const address = networkOf(context.req.header('cf-connecting-ip') ?? 'unknown');
    const until = blocked.get(address) ?? 0;
    if (until > Date.now()) return turnedAway(context, until);

    const given = auth(context.req.raw);
    if (given && (await isSame(given.password, expected))) return next();
    if (given && !(await mayTryAgain(context.env, address, log))) return turnedAway(context, block(address));
    return context.text('Unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="ops"' });
  };
}

/** Compares digests, in constant time: neither the length nor the first differing character shows. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digestOf(given), digestOf(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

function digestOf(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text));
}

/** Counts a failed log-in. */
async function mayTryAgain(env: Env, address: string, log: Log): Promise<boolean> {
  const allowed = await isAllowed(env, address, log);
  log('ops.login_failed', { reason: allowed ? 'wrong_password' : 'too_many' }, 'warn');
  return allowed;
}

async function isAllowed(env: Env, address: string, log: Log): Promise<boolean> {
  try {
    return (await env.OPS_LOGINS.limit({ key: address })).success;
  } catch (error) {
    log('ops.limiter_unavailable', { error: platformError(error) }, 'warn');
    return true;
  }
}

/** @returns Until when. */
function block(address: string): number {
  const until = Date.now() + LOGIN_BLOCK_SECONDS * 1000;
  if (blocked.size >= MAX_BLOCKED_ADDRESSES) blocked.clear();
  blocked.set(address, until);
  return until;
}

function turnedAway(context: Context, until: number): Response {
  const seconds = Math.max(Math.ceil((until - Date.now()) / 1000), 1);
  return context.text('Too many failed log-ins', 429, { 'Retry-After': String(seconds) });
}
