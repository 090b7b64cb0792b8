// Signing by the Standard Webhooks specification (standardwebhooks.com), version 1, symmetric. Web
// Crypto does it in a few lines; the tests verify the result with that specification's own library.

/** Shortest key that the specification allows, in bytes. */
const MIN_KEY_BYTES = 24;

interface Signed {
  readonly id: string;
  /** Seconds since the epoch, of this try. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The three headers that prove a delivery.
 *
 * @param secret `whsec_` and base64, or the base64 alone.
 * @throws Error, which does not quote it, if the secret is not that or is shorter than 24 bytes.
 */
export async function signStandardWebhook(secret: string, { id, timestamp, body }: Signed) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', keyBytes(secret), algorithm, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${new Uint8Array(mac).toBase64()}`,
  };
}

function keyBytes(secret: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(secret.trim().replace(/^whsec_/, ''));
  } catch {
    // The platform's own error may quote its input.
    throw new Error('the secret FORWARD_SECRET is not whsec_ followed by base64');
  }
  if (bytes.length < MIN_KEY_BYTES) throw new Error(`the secret FORWARD_SECRET is shorter than ${MIN_KEY_BYTES} bytes`);
  return bytes;
}
