// The pages: from a request to a view of the ledger. A form is answered by a redirect, so that
// loading the page again does nothing twice.
import type { Hono } from 'hono';
import { DEFAULT_ENDPOINT, isConfigured } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import { stuckAfterMs } from '../ledger/watchdog.ts';
import { MATCHES_COUNTED } from '../limits.ts';
import { readPatrol } from '../patrol/client.ts';
import { address, eventAddress } from './addresses.ts';
import { keyOf, replayEvent } from './api.ts';
import { eventListPage } from './event-list.ts';
import { eventPage, isMoving } from './event-page.ts';
import { check, listRequest, replayRequest, type StepResult, stepResult } from './filter.ts';
import { instancesPage } from './instances-page.ts';
import { errorPage } from './layout.ts';
import { overviewPage } from './overview.ts';
import { type OpsContext, readerOf } from './reader.ts';
import { takeSnapshot } from './snapshot.ts';

/** Troubles that the overview shows. */
const TROUBLED_SHOWN = 6;

export function addPages(ops: Hono<{ Bindings: Env }>): void {
  ops.get('/', async (context) => {
    const troubled = openLedger(context.env).list({ status: 'attention' }, null, TROUBLED_SHOWN);
    const [snapshot, { events }] = await Promise.all([takeSnapshot(context.env), troubled]);
    const configured = isConfigured(context.env, context.req.raw);
    return context.html(overviewPage(snapshot, events, configured, readerOf(context)));
  });

  ops.get('/events', async (context) => {
    const request = check(listRequest, context.req.query());
    if (!request.ok) return errorPage(context, 400, 'Invalid filter', ...request.failure);
    const { filter, cursor, limit } = request.value;
    const page = await openLedger(context.env).list(filter, cursor, limit, MATCHES_COUNTED);
    const step = check(stepResult, context.req.query());
    return context.html(eventListPage(request.value, page, readerOf(context), step.ok ? step.value : undefined));
  });

  ops.get('/event', async (context) => {
    const { id, endpoint } = keyOf(context);
    const event = await openLedger(context.env).get(id, endpoint);
    if (!event) return noSuchEvent(context);
    const reader = readerOf(context);
    const around = isMoving(event, reader) ? null : await openLedger(context.env).around(id, endpoint);
    return context.html(eventPage(event, around, context.req.query(), stuckAfterMs(context.env), reader));
  });

  ops.get('/instances', async (context) => {
    const memory = await readPatrol(context.env);
    if (memory === null)
      return errorPage(context, 503, 'Patrol did not answer', 'It goes on looking. Reload this page in a minute.');
    return context.html(instancesPage(memory, readerOf(context)));
  });

  // Links from before, as people have them in their chats. `?replay=` is old news by now: dropped.
  ops.get('/events/:id', async (context) => {
    const id = context.req.param('id');
    const event = await openLedger(context.env).get(id);
    return context.redirect(eventAddress({ id, endpoint: event?.endpoint ?? DEFAULT_ENDPOINT }));
  });

  ops.post('/event/replay', async (context) => {
    const key = keyOf(context);
    const answer = await replayEvent(context.env, key);
    const notice = answer.kind === 'refused' ? answer.reason : answer.kind;
    if (notice === 'unknown_event') return noSuchEvent(context);
    return context.redirect(`${eventAddress(key)}&replay=${notice}`, 303);
  });

  ops.post('/replay', async (context) => {
    const request = check(replayRequest, context.req.query());
    if (!request.ok) return errorPage(context, 400, 'Invalid filter', ...request.failure);
    const { filter, cursor, limit } = request.value;
    const step = await openLedger(context.env).replayMany(filter, cursor, limit);
    const count = (kind: string) => step.answers.filter((answer) => answer.kind === kind).length;
    const done: StepResult = { queued: count('queued'), refused: count('refused'), failed: count('failed') };
    return context.redirect(address('/events', { ...filter, ...done, cursor: step.cursor }), 303);
  });
}

function noSuchEvent(context: OpsContext) {
  const unknown = 'It never came to this endpoint, or it was deleted after 30 days.';
  return errorPage(context, 404, 'There is no such event', unknown);
}
