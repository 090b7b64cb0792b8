// Who may see the operator's page: whoever knows OPS_TOKEN. HTTP Basic, with any user name.
//
// Only failures are counted. The platform's limiter cannot be asked without counting, so an address that it has turned away
// is remembered in this isolate for a minute, and until then not even a right password is looked at: an answer to a guess is
// what must be limited. A limiter that fails lets everybody try; the token is still needed.
import type { Context, MiddlewareHandler } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { HTTPException } from 'hono/http-exception';
import type { Env } from '../env.ts';
import { LOGIN_BLOCK_SECONDS, MAX_BLOCKED_ADDRESSES } from '../limits.ts';
import { type Log, platformError } from '../log.ts';
import { networkOf } from './network-of.ts';

type OpsContext = Context<{ Bindings: Env }>;

/** Until when an address is turned away, in milliseconds since the epoch. */
const blocked = new Map<string, number>();
const encoder = new TextEncoder();

/** Without the secret, the next middleware is never reached and the path does not exist. */
export function login(log: Log): MiddlewareHandler<{ Bindings: Env }> {
  const auth = basicAuth({
    realm: 'ops',
    verifyUser: async (_name, password, context: OpsContext) => {
      const expected = context.env.OPS_TOKEN ?? '';
      if (expected !== '' && (await isSame(password, expected))) return true;
      await countFailure(context, log);
      return false;
    },
  });
  return async (context, next) => {
    if (!context.env.OPS_TOKEN) return context.notFound();
    const until = blocked.get(addressOf(context)) ?? 0;
    if (until > Date.now()) throw turnedAway(until);
    return auth(context, next);
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

async function countFailure(context: OpsContext, log: Log): Promise<void> {
  const address = addressOf(context);
  const allowed = await isAllowed(context.env, address, log);
  log('ops.login_failed', { reason: allowed ? 'wrong_password' : 'too_many' }, 'warn');
  if (allowed) return;
  const until = Date.now() + LOGIN_BLOCK_SECONDS * 1000;
  if (blocked.size >= MAX_BLOCKED_ADDRESSES) blocked.clear();
  blocked.set(address, until);
  throw turnedAway(until);
}

async function isAllowed(env: Env, address: string, log: Log): Promise<boolean> {
  try {
    return (await env.OPS_LOGINS.limit({ key: address })).success;
  } catch (error) {
    log('ops.limiter_unavailable', { error: platformError(error) }, 'warn');
    return true;
  }
}

/** Set by the platform, which overwrites what a client claims. */
function addressOf(context: OpsContext): string {
  return networkOf(context.req.header('cf-connecting-ip') ?? 'unknown');
}

function turnedAway(until: number): HTTPException {
  const seconds = Math.max(Math.ceil((until - Date.now()) / 1000), 1);
  const headers = { 'Retry-After': String(seconds) };
  return new HTTPException(429, { res: new Response('Too many failed log-ins', { status: 429, headers }) });
}
