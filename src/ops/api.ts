// The JSON API: what the pages show, for scripts.
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Env } from '../env.ts';
import { openLedger } from '../ledger/client.ts';
import { REPLAY_COUNTED } from '../limits.ts';
import { log } from '../log.ts';
import { API_ROOT, eventPath, eventRoutes, idOf } from './event-path.ts';
import { type Issues, parseList, parseReplay } from './filter.ts';
import { takeSnapshot } from './snapshot.ts';

/** Largest body of a replay request, in bytes. */
const MAX_FILTER_BYTES = 4_096;

type OpsContext = Context<{ Bindings: Env }>;

export function addApi(ops: Hono<{ Bindings: Env }>): void {
  ops.get('/api/stats', async (context) => context.json(await takeSnapshot(context.env, log)));

  ops.get('/api/events', async (context) => {
    const request = parseList(context.req.query());
    if (!request.ok) return badRequest(context, request.failure);
    const { filter, cursor, limit } = request.value;
    return context.json(await openLedger(context.env).list(filter, cursor, limit));
  });

  ops.on('GET', eventRoutes('/api'), async (context: OpsContext) => {
    const event = await openLedger(context.env).get(idOf(context));
    return event ? context.json(event) : context.json({ error: 'Not found' }, 404);
  });

  ops.on('POST', eventRoutes('/api', '/replay'), replayOne);

  ops.post('/api/replay', bodyLimit({ maxSize: MAX_FILTER_BYTES }), async (context) => {
    const request = parseReplay(await context.req.json().catch(() => undefined));
    if (!request.ok) return badRequest(context, request.failure);
    const { filter, cursor, limit, dryRun } = request.value;
    const ledger = openLedger(context.env);
    if (dryRun) {
      const page = await ledger.list(filter, cursor, REPLAY_COUNTED);
      return context.json({ dryRun: true, matching: page.events.length, more: page.cursor !== null });
    }
    const step = await ledger.replayMany(filter, cursor, limit);
    const queued = step.answers.filter((answer) => answer.kind === 'queued').length;
    const others = step.answers.filter((answer) => answer.kind !== 'queued');
    return context.json({ queued, notQueued: others, cursor: step.cursor }, 202);
  });
}

async function replayOne(context: OpsContext) {
  const id = idOf(context);
  const [answer] = await openLedger(context.env).replay([id]);
  switch (answer?.kind) {
    case 'queued':
      return context.json({ id, status: 'queued' }, 202, { Location: eventPath(id, API_ROOT) });
    case 'refused': {
      const unknown = answer.reason === 'unknown_event';
      return unknown ? context.json({ error: 'Not found' }, 404) : context.json({ error: answer.reason }, 409);
    }
    case 'failed':
    case undefined:
      return context.json({ error: 'Temporarily unavailable' }, 503, { 'Retry-After': '30' });
  }
}

function badRequest(context: OpsContext, issues: Issues) {
  return context.json({ error: 'Invalid request', issues }, 400);
}
