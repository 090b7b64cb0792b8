// Where everything on the operator's page is found. An event's id may hold any printable character,
// so it goes into the query: as part of a path, `.` and `..` get lost however they are encoded.
import type { EventKey } from '../ledger/store.ts';

export const PAGE_ROOT = '/ops';
export const LIST = `${PAGE_ROOT}/events`;
export const INSTANCES = `${PAGE_ROOT}/instances`;

/** Where programs read the feed, below `PAGE_ROOT`: what READ_TOKEN opens. */
export const FEED = '/api/feed';

/** An event's page. */
export function eventAddress({ id, endpoint }: EventKey): string {
  return address('/event', { id, endpoint });
}

/** A path below `PAGE_ROOT` with a query of all fields that are set. */
export function address(path: string, fields: object = {}): string {
  const set = Object.entries(fields).filter(([, value]) => (value ?? '') !== '');
  const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)]));
  return `${PAGE_ROOT}${path}${set.length > 0 ? `?${query}` : ''}`;
}
