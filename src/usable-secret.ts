// Whether a secret may open anything to a request. One that is not set opens nothing, and neither
// does a published one, or one short enough to guess, except on this machine: no stranger reaches a
// deployed Worker under such a host.
import { log } from './log.ts';
import { isPublished } from './published-secrets.ts';
import { isFromThisMachine } from './this-machine.ts';

const told = new Set<string>();

/**
 * Whether a secret is good for this request. Why it is not is logged once per isolate.
 *
 * @param shortest Its least length, in characters, where nothing limits guesses.
 */
export function isUsable(name: string, secret: string | undefined, request: Request, shortest = 0): secret is string {
  if (!secret) return false;
  const reason = isPublished(secret) ? 'published' : secret.length < shortest ? 'token_too_short' : undefined;
  if (reason === undefined || isFromThisMachine(request)) return true;
  const key = `${name} ${reason}`;
  if (told.has(key)) return false;
  told.add(key);
  if (reason === 'published') {
    const why = `the value of ${name} is public, so it works on localhost only, and not through a tunnel`;
    const deployed = `set your own with \`npx wrangler secret put ${name}\``;
    const local = 'under `npm run dev` in .dev.vars (a route in wrangler.toml gives `dev` its host name)';
    log('secret.refused', { reason, note: `${why}: ${deployed}, ${local}` }, 'warn');
  } else log('ops.closed', { reason, note: name }, 'warn');
  return false;
}

/** Whether a secret begins or ends with white space, as one does that was pasted carelessly. */
export function hasOuterSpace(secret: string): boolean {
  return secret !== secret.trim();
}
