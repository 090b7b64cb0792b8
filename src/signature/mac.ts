// HMAC-SHA256 over one canonical input, signing beside verifying. Web Crypto only.

/** The key knows its hash; for the platform, reading an object costs a tenth of a MAC. */
const HMAC = 'HMAC';
const encoder = new TextEncoder();

type Bytes = Uint8Array<ArrayBuffer>;

/** Secrets are few (two per endpoint): the bound only keeps a mistake from growing the map. */
const MAX_KEPT_KEYS = 64;
const keptKeys = new Map<string, CryptoKey>();

/** What is signed: the timestamp header's ASCII digits as they came, a full stop, the raw body. */
export function canonicalInput(timestamp: string, body: Uint8Array): Bytes {
  const input = new Uint8Array(timestamp.length + 1 + body.byteLength);
  for (let index = 0; index < timestamp.length; index += 1) input[index] = timestamp.charCodeAt(index);
  input[timestamp.length] = 0x2e;
  input.set(body, timestamp.length + 1);
  return input;
}

/** The MAC of `input`. The key is the secret's UTF-8 bytes: no base64, no prefix to strip. */
export async function computeMac(secret: string, input: Bytes): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(HMAC, await keyOf(secret), input));
}

/** Whether `mac` is the MAC of `input`, compared in constant time by the platform. */
export function isMacOf(secret: string, mac: Bytes, input: Bytes): Promise<boolean> {
  const kept = keptKeys.get(secret);
  // The platform's own promise, none of ours around it: the busiest line of a refusal.
  if (kept) return crypto.subtle.verify(HMAC, kept, mac, input);
  return keyOf(secret).then((key) => crypto.subtle.verify(HMAC, key, mac, input));
}

/** Importing costs more than verifying, so a key is imported once per secret and isolate. */
async function keyOf(secret: string): Promise<CryptoKey> {
  const kept = keptKeys.get(secret);
  if (kept) return kept;
  const algorithm = { name: HMAC, hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify']);
  if (keptKeys.size >= MAX_KEPT_KEYS) keptKeys.clear();
  keptKeys.set(secret, key);
  return key;
}
