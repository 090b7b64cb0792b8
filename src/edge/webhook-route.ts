// The provider's door: from a Hono context to the receive recipe, and from its outcome to an answer
// and a log line.
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { LATE_EVENTS } from '../limits.ts';
import { log } from '../log.ts';
import { answerTo, type Received } from './outcome.ts';
import { receive } from './receive.ts';
import { isRotating } from './rotation.ts';
import { SeenIds } from './seen-ids.ts';

/** Answers one request to an endpoint: a delivery if it is a POST. */
export async function answerDelivery(
  context: Context<{ Bindings: Env }>,
  endpoint: string,
  secrets: readonly string[],
): Promise<Response> {
  const { env, executionCtx } = context;
  const request = context.req.raw;
  if (request.method !== 'POST') {
    return Response.json({ error: 'Method not allowed' }, { status: 405, headers: { Allow: 'POST' } });
  }
  const received = await receive(request, {
    events: env.EVENTS,
    deadLetters: env.DEAD_LETTERS,
    seen: new SeenIds(env.SEEN, endpoint, Boolean(env.LOCAL_DEV)),
    endpoint,
    lateEvents: LATE_EVENTS,
    secrets,
    rotating: isRotating(env, Date.now() / 1000),
    clock: Date.now,
    waitUntil: (work) => executionCtx.waitUntil(work),
  });
  logOutcome(received, endpoint, request.headers);
  const { body, ...init } = answerTo(received);
  return Response.json(body, init);
}

function logOutcome(received: Received, endpoint: string, headers: Headers): void {
  const { event, reason, ageSeconds } = received;
  const about = { id: event?.id, type: event?.type, endpoint };
  switch (reason) {
    case 'accepted':
      log('webhook.accepted', { ...about, ageSeconds, ...unsignedClaims(headers, event?.id) });
      break;
    case 'accepted_late':
      log('webhook.accepted', { ...about, ageSeconds, note: 'late: refused with 401, but its handler runs' }, 'warn');
      break;
    case 'duplicate':
      log('webhook.duplicate', { ...about, ageSeconds, ...unsignedClaims(headers, event?.id) });
      break;
    case 'rotating':
      log('webhook.refused', { ...about, reason, note: received.cause }, 'warn');
      break;
    case 'queue_unavailable':
    case 'dead_letters_unavailable':
      log('webhook.refused', { ...about, reason, error: received.error }, 'error');
      break;
    default:
      log('webhook.refused', { ...about, reason }, 'warn');
      break;
  }
}

/**
 * What the provider says beside the signed body. It decides nothing; a differing id is worth a
 * look.
 */
function unsignedClaims(headers: Headers, id: string | undefined) {
  const headerId = headers.get('x-vast-event-id');
  const attempt = headers.get('x-vast-delivery-attempt') ?? '';
  return {
    deliveryAttempt: /^\d{1,6}$/.test(attempt) ? Number(attempt) : undefined,
    headerIdDiffers: headerId !== null && headerId !== id ? (true as const) : undefined,
  };
}
