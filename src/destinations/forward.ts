// Forwards events to a service of your own, as JSON signed by the Standard Webhooks specification
// (standardwebhooks.com), version 1, symmetric. The tests verify it with that one's own library.
import { DEFAULT_ENDPOINT, eventKey } from '../endpoint.ts';
import type { DestinationContext } from './context.ts';
import type { NotifiableEvent } from './event-kinds.ts';
import { post } from './post.ts';
import { textFromSecret, urlFromSecret } from './secure-url.ts';

/** Shortest key that the specification allows, in bytes. */
const MIN_KEY_BYTES = 24;

/** An event, or news of one. */
export type ForwardedEvent = Pick<NotifiableEvent, 'id' | 'type' | 'created' | 'data'> & Partial<NotifiableEvent>;

/**
 * Posts an event to `FORWARD_URL`, signed with `FORWARD_SECRET`, once per event and `step`.
 *
 * `webhook-id` is the event's id, behind its endpoint's name at a named endpoint: the same on every
 * try, so that the receiver can dedupe by it. Security-critical types are forwarded like all
 * others: the receiver is a service of yours, not a room full of readers.
 *
 * @throws as `post` does, and Error, to be retried, while a secret is missing or malformed: never
 * unsigned, for the receiver could not tell it from a forgery.
 */
export async function forward(context: DestinationContext, event: ForwardedEvent, step = 'forward'): Promise<void> {
  await context.once(step, async () => {
    const url = urlFromSecret(context.env, 'FORWARD_URL');
    const key = await keyIn(textFromSecret(context.env, 'FORWARD_SECRET'));
    const { id, type, created, data, endpoint, dialect, extra } = event;
    const body = JSON.stringify({ type, timestamp: created, data, id, endpoint, dialect, extra });
    const webhookId = eventKey(endpoint ?? DEFAULT_ENDPOINT, id);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${webhookId}.${timestamp}.${body}`));
    const headers = {
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${new Uint8Array(mac).toBase64()}`,
    };
    await post(context, { to: 'the forward', url, body, headers });
  });
}

/** The key in `whsec_` and base64, or in the base64 alone. No error quotes it. */
async function keyIn(secret: string): Promise<CryptoKey> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(secret.replace(/^whsec_/, ''));
  } catch {
    // The platform's own error may quote its input.
    throw new Error('the secret FORWARD_SECRET is not whsec_ followed by base64');
  }
  if (bytes.length < MIN_KEY_BYTES) throw new Error(`the secret FORWARD_SECRET is shorter than ${MIN_KEY_BYTES} bytes`);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}
