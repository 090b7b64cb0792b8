// Who may see the operator's page: whoever knows OPS_TOKEN. HTTP Basic, with any user name.
// Nothing limits guesses, so a token short enough to guess opens nothing, except on this machine:
// no stranger reaches a deployed Worker under such a host.
// Of Hono's basic-auth only the parser is used: the middleware would bundle a second digest.
import type { MiddlewareHandler } from 'hono';
import { auth } from 'hono/utils/basic-auth';
import type { Env } from '../env.ts';
import { MIN_OPS_TOKEN_LENGTH } from '../limits.ts';
import { log } from '../log.ts';
import { isFromThisMachine } from '../this-machine.ts';
import { isUsable } from '../usable-secret.ts';

const encoder = new TextEncoder();
let toldTooShort = false;

/** Whether the operator's page exists. A token that is too short is logged once per isolate. */
export function isOpen({ OPS_TOKEN: token }: Env, request: Request): boolean {
  if (!isUsable('OPS_TOKEN', token, request)) return false;
  if (token.length >= MIN_OPS_TOKEN_LENGTH || isFromThisMachine(request)) return true;
  if (!toldTooShort) log('ops.closed', { reason: 'token_too_short' }, 'warn');
  toldTooShort = true;
  return false;
}

/** Asks for the password. A wrong one is logged; a request without one is not. */
export const login: MiddlewareHandler<{ Bindings: Env }> = async (context, next) => {
  const expected = context.env.OPS_TOKEN;
  const given = auth(context.req.raw);
  if (expected && given && (await isSame(given.password, expected))) return next();
  if (given) log('ops.login_failed', { reason: 'wrong_password' }, 'warn');
  return context.text('Unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="ops"' });
};

/** Compares digests in constant time: neither length nor first difference shows. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const digestOf = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text));
  const [a, b] = await Promise.all([digestOf(given), digestOf(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}
