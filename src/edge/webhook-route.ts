// The provider's door: from a request to the receive recipe, from its outcome to answer and log.
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { LATE_EVENTS } from '../limits.ts';
import { log } from '../log.ts';
import { hasOuterSpace } from '../usable-secret.ts';
import { answerTo, type Received } from './outcome.ts';
import { receive } from './receive.ts';
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
  logOutcome(received, endpoint, request.headers, secrets);
  const { body, ...init } = answerTo(received);
  return Response.json(body, init);
}

function logOutcome(received: Received, endpoint: string, headers: Headers, secrets: readonly string[]): void {
  const { event, reason, ageSeconds } = received;
  const about = { id: event?.id, type: event?.type, endpoint };
  const genuine = { ...about, ageSeconds };
  switch (reason) {
    case 'accepted':
    case 'duplicate':
      return log(`webhook.${reason}`, { ...genuine, ...unsignedClaims(headers, event?.id) });
    case 'accepted_late':
      return log('webhook.accepted', { ...genuine, note: 'late: refused with 401, but its handler runs' }, 'warn');
    case 'rotating':
    case 'signature_mismatch': {
      const cause = reason === 'rotating' ? received.cause : undefined;
      return log('webhook.refused', { ...about, reason, note: withSuspicion(secrets, cause) }, 'warn');
    }
    case 'queue_unavailable':
    case 'dead_letters_unavailable':
      return log('webhook.refused', { ...about, reason, error: received.error }, 'error');
    default:
      return log('webhook.refused', { ...about, reason }, 'warn');
  }
}

/** A note for the log alone, and what may be wrong with our own secrets. */
function withSuspicion(secrets: readonly string[], note?: string): string | undefined {
  if (!secrets.some(hasOuterSpace)) return note;
  return [note, 'a secret of this endpoint begins or ends with white space'].filter(Boolean).join('; ');
}

/**
 * Whether a rotation is under way. A value that is not epoch seconds (milliseconds, say) counts as
 * none: it would turn every refusal into a retry for ever.
 */
function isRotating(env: Env, nowSeconds: number): boolean {
  const until = env.VASTAI_ROTATION_UNTIL ?? '';
  return /^\d{1,12}$/.test(until) && Number(until) > nowSeconds;
}

/** What the provider's unsigned headers claim: logged, and nothing is decided by it. */
function unsignedClaims(headers: Headers, id: string | undefined) {
  const headerId = headers.get('x-vast-event-id');
  const attempt = headers.get('x-vast-delivery-attempt') ?? '';
  return {
    deliveryAttempt: /^\d{1,6}$/.test(attempt) ? Number(attempt) : undefined,
    headerIdDiffers: headerId !== null && headerId !== id ? (true as const) : undefined,
  };
}
