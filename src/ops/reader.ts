// Who looks at a page: when, in which time zone, at which address of this Worker, with what to see.
import type { Context } from 'hono';
import type { Env } from '../env.ts';

/** What the routes of the operator's page are asked with. */
export type OpsContext = Context<{ Bindings: Env }>;

export type Reader = ReturnType<typeof readerOf>;

export function readerOf({ req, env }: OpsContext) {
  const { timezone } = (req.raw.cf ?? {}) as { readonly timezone?: unknown };
  return {
    /** Milliseconds since the epoch. */
    now: Date.now(),
    /** IANA name, where the platform knows it and it is not UTC itself. */
    zone: usableZone(timezone),
    /** `https://…` */
    origin: new URL(req.url).origin,
    /** Whether there are instances to see. */
    hasPatrol: Boolean(env.VAST_READ_KEY),
  };
}

/** One that the runtime does not know would throw wherever a time is shown. */
function usableZone(zone: unknown): string | undefined {
  if (typeof zone !== 'string' || /^(Etc\/)?(UTC|GMT)$/.test(zone)) return undefined;
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}
