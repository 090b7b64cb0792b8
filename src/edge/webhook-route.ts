// The provider's door: from a Hono context to the receive recipe, and from its outcome to an answer and a log line.
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { log } from '../log.ts';
import { answerTo, type Received } from './outcome.ts';
import { receive } from './receive.ts';
import { isRotating } from './rotation.ts';

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
  const now = Date.now();
  const received = await receive(request, {
    bindings: env,
    endpoint,
    secrets,
    rotating: isRotating(env, now / 1000),
    now,
    log,
    waitUntil: (work) => executionCtx.waitUntil(work),
  });
  logOutcome(received, endpoint, request.headers);
  const { body, ...init } = answerTo(received);
  return Response.json(body, init);
}

function logOutcome(received: Received, endpoint: string, headers: Headers): void {
  const { event, reason } = received;
  const about = { id: event?.id, type: event?.type, endpoint };
  switch (reason) {
    case 'accepted':
      log('webhook.accepted', { ...about, ...unsignedClaims(headers, event?.id) });
      break;
    case 'duplicate':
      log('webhook.duplicate', { ...about, ...unsignedClaims(headers, event?.id) });
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

/** What the provider says beside the signed body. It decides nothing; a differing id is worth a look. */
function unsignedClaims(headers: Headers, id: string | undefined) {
  const headerId = headers.get('x-vast-event-id');
  const attempt = headers.get('x-vast-delivery-attempt') ?? '';
  return {
    deliveryAttempt: /^\d{1,6}$/.test(attempt) ? Number(attempt) : undefined,
    headerIdDiffers: headerId !== null && headerId !== id ? (true as const) : undefined,
  };
}
