// HMAC-SHA256 over one canonical input, signing beside verifying. Web Crypto only; no headers, no
// clock.

/**
 * Enough wherever the key is at hand, which knows its hash; reading an object costs the platform a
 * tenth of a MAC.
 */
const HMAC = 'HMAC';
const encoder = new TextEncoder();

/**
 * Secrets are few (two slots per endpoint). The bound only keeps a mistake from growing the map for
 * ever.
 */
const MAX_KEPT_KEYS = 64;
const keptKeys = new Map<string, CryptoKey>();

/**
 * The bytes that are signed: the timestamp as the header spells it, a full stop, and the body
 * untouched.
 *
 * @param timestamp Text of the timestamp header, ASCII digits.
 * @param body The request body, byte for byte.
 */
export function canonicalInput(timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = new Uint8Array(timestamp.length + 1 + body.byteLength);
  for (let index = 0; index < timestamp.length; index += 1) input[index] = timestamp.charCodeAt(index);
  input[timestamp.length] = 0x2e;
  input.set(body, timestamp.length + 1);
  return input;
}

/**
 * The MAC of `input`. The key is the secret's UTF-8 bytes as given: no base64, no prefix to strip.
 */
export async function computeMac(secret: string, input: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(HMAC, await keyOf(secret), input));
}

/** Whether `mac` is the MAC of `input`, compared in constant time by the platform. */
export function isMacOf(
  secret: string,
  mac: Uint8Array<ArrayBuffer>,
  input: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const kept = keptKeys.get(secret);
  // The platform's own promise, without one of ours around it: this is the busiest line of a
  // refusal.
  if (kept) return crypto.subtle.verify(HMAC, kept, mac, input);
  return keyOf(secret).then((key) => crypto.subtle.verify(HMAC, key, mac, input));
}

/** Importing costs more than verifying, so a key is imported once per secret and isolate. */
async function keyOf(secret: string): Promise<CryptoKey> {
  const kept = keptKeys.get(secret);
  if (kept) return kept;
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: HMAC, hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
  if (keptKeys.size >= MAX_KEPT_KEYS) keptKeys.clear();
  keptKeys.set(secret, key);
  return key;
}
