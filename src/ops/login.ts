// Who may see the operator's page: whoever knows OPS_TOKEN. READ_TOKEN opens the feed, and nothing
// else. HTTP Basic, with any user name. Nothing limits guesses, so a token short enough to guess
// opens nothing, except on this machine: no stranger reaches a deployed Worker under such a host.
// Of Hono's basic-auth only the parser is used: the middleware would bundle a second digest.
import { auth } from 'hono/utils/basic-auth';
import { MIN_OPS_TOKEN_LENGTH } from '../limits.ts';
import { log } from '../log.ts';
import { isFromThisMachine } from '../this-machine.ts';
import { isUsable } from '../usable-secret.ts';
import { address, FEED } from './addresses.ts';
import type { OpsContext } from './reader.ts';

type TokenName = 'OPS_TOKEN' | 'READ_TOKEN';
type Key = readonly [name: TokenName, token: string];

const encoder = new TextEncoder();
const toldTooShort = new Set<TokenName>();

/** The secrets that open the path of a request. Where there is none, the path does not exist. */
export function keysTo({ env, req }: OpsContext): readonly Key[] {
  // The path that routes go by, already without a trailing slash: no other one can pass for it.
  const names: TokenName[] = req.path === address(FEED) ? ['OPS_TOKEN', 'READ_TOKEN'] : ['OPS_TOKEN'];
  return names.flatMap((name): Key[] => {
    const token = env[name];
    return isOpen(name, token, req.raw) ? [[name, token]] : [];
  });
}

/** Whether a token may open anything. One that is too short is logged once per isolate. */
function isOpen(name: TokenName, token: string | undefined, request: Request): token is string {
  if (!isUsable(name, token, request)) return false;
  if (token.length >= MIN_OPS_TOKEN_LENGTH || isFromThisMachine(request)) return true;
  if (!toldTooShort.has(name)) log('ops.closed', { reason: 'token_too_short', note: name }, 'warn');
  toldTooShort.add(name);
  return false;
}

/** Asks who has none of these for the password. A wrong one is logged; a request without is not. */
export async function refuseStranger(context: OpsContext, keys: readonly Key[]): Promise<Response | undefined> {
  const given = auth(context.req.raw);
  const same = given && (await Promise.all(keys.map(([, token]) => isSame(given.password, token))));
  if (same?.includes(true)) return undefined;
  if (given) log('ops.login_failed', { reason: 'wrong_password' }, 'warn');
  const user = given?.username.slice(0, 64);
  const names = keys.map(([name]) => name).join(' or ');
  const advice = `Wrong password for user "${user}": it is this Worker's ${names}. Any user name will do.`;
  return context.text(given ? advice : 'Unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="ops"' });
}

/** Compares digests in constant time: neither length nor first difference shows. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const digestOf = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text));
  const [a, b] = await Promise.all([digestOf(given), digestOf(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}
