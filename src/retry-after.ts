// When a server that is too busy wants to be asked again. Pure but for the response body.

/**
 * Seconds from `now` (milliseconds since the epoch) that a `Retry-After` header asks for, in whole
 * or decimal seconds or as an HTTP date (RFC 9110, 10.2.3); undefined if it is absent or unusable.
 */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header);
  // Date.parse reads much else as a date. An HTTP date begins with a day's name and ends in GMT.
  const date = /^[A-Z][a-z]+, .+ GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max((date - now) / 1000, 0);
}

/** Seconds in the `retry_after` of a JSON answer, as Discord and Telegram send it, or undefined. */
export async function retryAfterInBody(response: Response): Promise<number | undefined> {
  try {
    const body = await response.json<{ retry_after?: unknown; parameters?: { retry_after?: unknown } }>();
    const seconds = body.retry_after ?? body.parameters?.retry_after;
    return typeof seconds === 'number' && seconds >= 0 ? seconds : undefined;
  } catch {
    return undefined;
  }
}
