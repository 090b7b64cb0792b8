// Forwards events to a service of your own, as JSON signed by Standard Webhooks.
import { DEFAULT_ENDPOINT, eventKey } from '../endpoint.ts';
import type { DestinationContext } from './context.ts';
import type { NotifiableEvent } from './message.ts';
import { post } from './post.ts';
import { urlFromSecret } from './secure-url.ts';
import { signStandardWebhook } from './standard-webhooks.ts';

/** An event, or news of one. */
export type ForwardedEvent = Pick<NotifiableEvent, 'id' | 'type' | 'created' | 'data'> & Partial<NotifiableEvent>;

/**
 * Posts an event to `FORWARD_URL`, signed with `FORWARD_SECRET`, once per event and `step`.
 *
 * `webhook-id` is the event's id, behind its endpoint's name at a named endpoint: the same on every
 * try, so that the receiver can dedupe by it. Security-critical types are forwarded like all
 * others: the receiver is a service of yours, not a room full of readers.
 *
 * @throws as `post` does.
 */
export async function forward(context: DestinationContext, event: ForwardedEvent, step = 'forward'): Promise<void> {
  await context.once(step, async () => {
    const url = urlFromSecret(context.env, 'FORWARD_URL');
    // Never unsigned: the receiver could not tell it from a forgery.
    if (!context.env.FORWARD_SECRET) throw new Error('the secret FORWARD_SECRET is not set');
    const { id, type, created, data, endpoint, dialect, extra } = event;
    const body = JSON.stringify({ type, timestamp: created, data, id, endpoint, dialect, extra });
    const signed = { id: eventKey(endpoint ?? DEFAULT_ENDPOINT, id), timestamp: Math.floor(Date.now() / 1000), body };
    const headers = await signStandardWebhook(context.env.FORWARD_SECRET, signed);
    await post(context, { to: 'the forward', url, body, headers });
  });
}
