// Where everything on the operator's page is found. An event's id may hold any printable character,
// so it goes into the query: as part of a path, `.` and `..` get lost however they are encoded.
import type { EventKey } from '../ledger/store.ts';

export const PAGE_ROOT = '/ops';

/** Where programs read the feed, below `PAGE_ROOT`: what READ_TOKEN opens. */
export const FEED = '/api/feed';

/** An event's page, or what else of it is at another path below `PAGE_ROOT`. */
export function eventAddress({ id, endpoint }: EventKey, path = '/event'): string {
  return address(path, { id, endpoint });
}

/** A path below `PAGE_ROOT` with a query of all fields that are set. */
export function address(path: string, fields: object = {}): string {
  const set = Object.entries(fields).filter(([, value]) => (value ?? '') !== '');
  return `${PAGE_ROOT}${path}${set.length > 0 ? `?${new URLSearchParams(set)}` : ''}`;
}
