// Who looks at a page: when, in which time zone, at which address of this Worker, with what to see.
import type { Context } from 'hono';
import type { Env } from '../env.ts';

/** What the routes of the operator's page are asked with. */
export type OpsContext = Context<{ Bindings: Env }>;

export interface Reader {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** IANA name, where the platform knows it and it is not UTC itself. */
  readonly zone: string | undefined;
  /** `https://…` */
  readonly origin: string;
  /** Whether there are instances to see. */
  readonly hasPatrol: boolean;
}

export function readerOf({ req, env }: OpsContext): Reader {
  const { timezone } = (req.raw.cf ?? {}) as { readonly timezone?: unknown };
  const { origin } = new URL(req.url);
  return { now: Date.now(), zone: usableZone(timezone), origin, hasPatrol: Boolean(env.VAST_READ_KEY) };
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
