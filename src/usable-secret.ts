// Whether a secret may open anything to a request. One that is not set opens nothing, and neither
// does a published one, except on this machine.
import { log } from './log.ts';
import { isPublished } from './published-secrets.ts';
import { isFromThisMachine } from './this-machine.ts';

const told = new Set<string>();

/** Whether a secret is good for this request. What is published is logged once per isolate. */
export function isUsable(name: string, secret: string | undefined, request: Request): secret is string {
  if (!secret) return false;
  if (!isPublished(secret) || isFromThisMachine(request)) return true;
  if (!told.has(name)) {
    const why = `the value of ${name} is public, so it works on localhost only, and not through a tunnel`;
    const deployed = `set your own with \`npx wrangler secret put ${name}\``;
    const local = 'under `npm run dev` in .dev.vars (a route in wrangler.toml gives `dev` its host name)';
    log('secret.refused', { reason: 'published', note: `${why}: ${deployed}, ${local}` }, 'warn');
  }
  told.add(name);
  return false;
}

/** Whether a secret begins or ends with white space, as one does that was pasted carelessly. */
export function hasOuterSpace(secret: string): boolean {
  return secret !== secret.trim();
}
