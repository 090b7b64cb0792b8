// The secrets of local development. Anybody can read them here, so they open nothing but a Worker
// on this machine.

/** What `npm run dev` gives the Worker where `.dev.vars` leaves them unset. */
export const PUBLISHED_SECRETS = {
  VASTAI_WEBHOOK_SECRET: 'local-dev-secret',
  OPS_TOKEN: 'local-dev-token',
} as const;

const values: ReadonlySet<string> = new Set(Object.values(PUBLISHED_SECRETS));

/** Whether a secret is one that everybody knows, under whatever name it is set. */
export function isPublished(secret: string): boolean {
  return values.has(secret);
}
