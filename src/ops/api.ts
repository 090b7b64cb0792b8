// The JSON API: what the pages show, for scripts; and the feed, for programs without an address of
// their own to be called at.
import type { Context, Hono } from 'hono';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import type { FeedPage } from '../ledger/feed.ts';
import type { ReplayAnswer } from '../ledger/replay.ts';
import type { EventKey } from '../ledger/store.ts';
import { FEED_POLL_MS, LOCAL_FEED_POLL_MS, MATCHES_COUNTED, RETRY_AFTER_SECONDS } from '../limits.ts';
import { readBody } from '../read-body.ts';
import { eventAddress, FEED } from './addresses.ts';
import { check, feedRequest, type Issues, listRequest, replayRequest } from './filter.ts';
import { takeSnapshot } from './snapshot.ts';

const UNKNOWN_PLACE = 'after lies beyond the last place of this ledger: it was given by another one';

/** Largest filter that is read from a body, in bytes. */
const MAX_FILTER_BYTES = 4_096;

export function addApi(ops: Hono<{ Bindings: Env }>): void {
  ops.get('/api/stats', async (context) => context.json(await takeSnapshot(context.env)));

  ops.get('/api/events', async (context) => {
    const request = check(listRequest, context.req.query());
    if (!request.ok) return badRequest(context, request.failure);
    const { filter, cursor, limit } = request.value;
    return context.json(await openLedger(context.env).list(filter, cursor, limit));
  });

  ops.get('/api/event', async (context) => {
    const { id, endpoint } = keyOf(context);
    const event = await openLedger(context.env).get(id, endpoint);
    return event ? context.json(event) : context.notFound();
  });

  ops.post('/api/event/replay', async (context) => {
    const key = keyOf(context);
    const answer = await replayEvent(context.env, key);
    switch (answer.kind) {
      case 'queued':
        return context.json({ id: key.id, status: 'queued' }, 202, { Location: eventAddress(key, '/api/event') });
      case 'refused':
        return answer.reason === 'unknown_event' ? context.notFound() : context.json({ error: answer.reason }, 409);
      case 'failed':
        return unavailable(context);
    }
  });

  ops.post('/api/replay', async (context) => {
    const body = await readBody(context.req.raw, MAX_FILTER_BYTES);
    if (!body.ok) return context.json({ error: 'Too large' }, 413);
    const request = check(replayRequest, await new Response(body.value).json().catch(() => undefined));
    if (!request.ok) return badRequest(context, request.failure);
    const { filter, cursor, limit, dryRun } = request.value;
    const ledger = openLedger(context.env);
    if (dryRun) {
      const { matches, more } = await ledger.list(filter, cursor, 1, MATCHES_COUNTED);
      return context.json({ dryRun: true, matching: matches, more });
    }
    const step = await ledger.replayMany(filter, cursor, limit);
    const notQueued = step.answers.filter((answer) => answer.kind !== 'queued');
    const queued = step.answers.length - notQueued.length;
    return context.json({ queued, notQueued, cursor: step.cursor }, 202);
  });

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

/**
 * The page after a place, asked for again until it has an event or the time has come. A request
 * waits here, not in the ledger's object, which is billed while a call is open.
 */
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

/** The event that `?id=…&endpoint=…` names. */
export function keyOf(context: Context): EventKey {
  const { id = '', endpoint } = context.req.query();
  return { id, endpoint: endpoint || DEFAULT_ENDPOINT };
}

/** Runs the event again. At an endpoint not its own it is refused as unknown: nothing runs. */
export async function replayEvent(env: Env, key: EventKey): Promise<ReplayAnswer> {
  const [answer] = await openLedger(env).replay([key.id], key.endpoint);
  return answer ?? { ...key, kind: 'failed', error: 'the ledger gave no answer' };
}

/** What a client may learn where the ledger or the queue fails. */
export function unavailable(context: Context) {
  return context.json({ error: 'Temporarily unavailable' }, 503, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}

function badRequest(context: Context, issues: Issues) {
  return context.json({ error: 'Invalid request', issues }, 400);
}
