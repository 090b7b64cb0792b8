// The feed: for programs that have no address of their own to be called at, and ask for what is
// next. A request waits here, not in the ledger's object, which is billed while a call is open.
import type { Hono } from 'hono';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { FeedPage } from '../ledger/feed.ts';
import { FEED_POLL_MS, LOCAL_FEED_POLL_MS } from '../limits.ts';
import { FEED } from './addresses.ts';
import { badRequest } from './api.ts';
import { check, feedRequest } from './filter.ts';

const UNKNOWN_PLACE = 'after lies beyond the last place of this ledger: it was given by another one';

export function addFeed(ops: Hono<{ Bindings: Env }>): void {
  ops.get(FEED, async (context) => {
    const request = check(feedRequest, context.req.query());
    if (!request.ok) return badRequest(context, request.failure);
    const { after, limit, wait } = request.value;
    const page = await waitForPage(context.env, after, limit, Date.now() + wait * 1_000);
    if (page === null) return badRequest(context, [UNKNOWN_PLACE]);
    // The envelopes are JSON already: taking them apart here would cost more than all the rest.
    const events = page.events.map(({ seq, status, event }) => `{"seq":${seq},"status":"${status}","event":${event}}`);
    const text = `{"events":[${events.join(',')}],"next":${page.next}}`;
    return context.body(text, 200, { 'Content-Type': 'application/json' });
  });
}

/** The page after a place, asked for again until it has an event or the time has come. */
async function waitForPage(env: Env, after: number, limit: number, until: number): Promise<FeedPage | null> {
  const pause = env.LOCAL_DEV ? LOCAL_FEED_POLL_MS : FEED_POLL_MS;
  for (let place = after; ; ) {
    const page = await openLedger(env).feed(place, limit);
    const left = until - Date.now();
    if (page === null || page.events.length > 0 || left <= 0) return page;
    // Passing what was kept aside is no reason to answer, nor one to wait.
    if (page.next === place) await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
    place = page.next;
  }
}
