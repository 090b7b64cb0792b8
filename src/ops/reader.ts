// Who looks at a page: when, in which time zone, and at which address of this Worker.
import type { Context } from 'hono';

export interface Reader {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** IANA name, where the platform knows it and it is not UTC itself. */
  readonly zone: string | undefined;
  /** `https://…` */
  readonly origin: string;
}

export function readerOf({ req }: Context): Reader {
  const { timezone } = (req.raw.cf ?? {}) as { readonly timezone?: unknown };
  return { now: Date.now(), zone: usableZone(timezone), origin: new URL(req.url).origin };
}

/** One that the runtime does not know would throw wherever a time is shown. */
function usableZone(zone: unknown): string | undefined {
  if (typeof zone !== 'string' || /^(Etc\/)?(UTC|GMT)$/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
