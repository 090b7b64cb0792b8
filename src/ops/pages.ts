// The pages: from a request to a view of the ledger. Whatever a form sends is answered by a redirect to a page that can be
// loaded again without doing it twice.
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';
import { isConfigured } from '../endpoint.ts';
import type { Env } from '../env.ts';
import { eventTypes } from '../event/catalogue.ts';
import { openLedger } from '../ledger/client.ts';
import type { Status } from '../ledger/status.ts';
import { REPLAY_COUNTED, REPLAY_STEP } from '../limits.ts';
import { log } from '../log.ts';
import { errorPage } from './error-page.tsx';
import { eventListPage } from './event-list.tsx';
import { eventPage, isReplayNotice } from './event-page.tsx';
import { eventPath, eventRoutes, idOf, PAGE_ROOT } from './event-path.ts';
import { type Issues, parseList, parseReplay, queryOf, wholeNumber } from './filter.ts';
import { overviewPage } from './overview.tsx';
import { replayPage, type StepResult } from './replay-page.tsx';
import { takeSnapshot } from './snapshot.ts';

type OpsContext = Context<{ Bindings: Env }>;

/** Largest form that is read, in bytes: a filter. */
const MAX_FORM_BYTES = 4_096;

/** What the overview shows of each kind of trouble, and of all together. */
const TROUBLES: readonly Status[] = ['dead', 'quarantined', 'retrying'];
const TROUBLED_SHOWN = 6;

export function addPages(ops: Hono<{ Bindings: Env }>): void {
  ops.get('/', async (context) => {
    const [snapshot, ...pages] = await Promise.all([
      takeSnapshot(context.env, log),
      ...TROUBLES.map((status) => openLedger(context.env).list({ status }, null, TROUBLED_SHOWN)),
    ]);
    const troubled = pages
      .flatMap((page) => page.events)
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, TROUBLED_SHOWN);
    const configured = isConfigured(context.env);
    return context.html(overviewPage({ snapshot, troubled, configured, now: Date.now() }));
  });

  ops.get('/events', async (context) => {
    const request = parseList(context.req.query());
    if (!request.ok) return badFilter(context, request.failure);
    const { filter, cursor, limit } = request.value;
    const page = await openLedger(context.env).list(filter, cursor, limit);
    return context.html(eventListPage(request.value, page, eventTypes, Date.now()));
  });

  ops.on('GET', eventRoutes(''), async (context: OpsContext) => {
    const event = await openLedger(context.env).get(idOf(context));
    const unknown = 'It was never received, or is older than the 30 days that events are kept.';
    if (!event) return context.html(errorPage('There is no such event', [unknown]), 404);
    const notice = context.req.query('replay') ?? '';
    return context.html(eventPage(event, isReplayNotice(notice) ? notice : undefined, Date.now()));
  });

  ops.on('POST', eventRoutes('', '/replay'), async (context: OpsContext) => {
    const id = idOf(context);
    const [answer] = await openLedger(context.env).replay([id]);
    const notice = answer?.kind === 'refused' ? answer.reason : (answer?.kind ?? 'failed');
    const path = eventPath(id);
    return context.redirect(`${path}${path.includes('?') ? '&' : '?'}replay=${notice}`, 303);
  });

  ops.get('/replay', async (context) => {
    const request = parseReplay(context.req.query());
    if (!request.ok) return badFilter(context, request.failure);
    const { filter, cursor } = request.value;
    const page = await openLedger(context.env).list(filter, cursor, REPLAY_COUNTED);
    const done = v.safeParse(stepSchema, context.req.query());
    return context.html(
      replayPage({
        filter,
        cursor,
        matching: page.events.length,
        next: page.cursor,
        done: done.success ? done.output : undefined,
      }),
    );
  });

  ops.post('/replay', bodyLimit({ maxSize: MAX_FORM_BYTES }), async (context) => {
    const request = parseReplay(await context.req.parseBody().catch(() => undefined));
    if (!request.ok) return badFilter(context, request.failure);
    const { filter, cursor, limit } = request.value;
    const step = await openLedger(context.env).replayMany(filter, cursor, limit);
    const count = (kind: string) => step.answers.filter((answer) => answer.kind === kind).length;
    const done: StepResult = { queued: count('queued'), refused: count('refused'), failed: count('failed') };
    // With nothing older left, the cursor 0 matches nothing: what was refused would otherwise be counted as left.
    return context.redirect(`${PAGE_ROOT}/replay?${queryOf(filter, { ...done, cursor: step.cursor ?? 0 })}`, 303);
  });
}

function badFilter(context: OpsContext, issues: Issues) {
  return context.html(errorPage('This filter cannot be used', issues), 400);
}

const stepCount = (field: string) => wholeNumber(field, 0, REPLAY_STEP);
const stepSchema = v.object({
  queued: stepCount('queued'),
  refused: stepCount('refused'),
  failed: stepCount('failed'),
});
