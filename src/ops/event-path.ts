// Where an event is found. Its id may hold any printable character; two ids, `.` and `..`, can never be a part of a path,
// because every client resolves them away, however they are encoded. Those go into the query.
import type { Context } from 'hono';

export const PAGE_ROOT = '/ops';
export const API_ROOT = '/ops/api';

/** The path of an event's page or API resource. */
export function eventPath(id: string, root: string = PAGE_ROOT): string {
  return isDots(id) ? `${root}/event?id=${id}` : `${root}/events/${encodeURIComponent(id)}`;
}

/** The path that a replay is posted to. */
export function replayPath(id: string): string {
  return isDots(id) ? `${PAGE_ROOT}/event/replay?id=${id}` : `${eventPath(id)}/replay`;
}

/** The two routes of an event, with what follows them; both lead to the same handler. */
export function eventRoutes(base: string, rest = ''): [string, string] {
  return [`${base}/events/:id${rest}`, `${base}/event${rest}`];
}

export function idOf(context: Context): string {
  return context.req.param('id') ?? context.req.query('id') ?? '';
}

function isDots(id: string): boolean {
  return id === '.' || id === '..';
}
