// HMAC-SHA256 over one canonical input, signing beside verifying. Web Crypto only.

/** The key knows its hash; for the platform, reading an object costs a tenth of a MAC. */
const HMAC = 'HMAC';
const encoder = new TextEncoder();

type Bytes = Uint8Array<ArrayBuffer>;

/** Secrets are few (two per endpoint): the bound only keeps a mistake from growing the map. */
const MAX_KEPT_KEYS = 64;
const keptKeys = new Map<string, CryptoKey>();

/**
 * Where a verification puts what the platform is to compare: making new memory costs as much as a
 * quarter of a MAC. Bodies of real events are under 1 KB; a larger one gets memory of its own.
 */
const keptMemory = new ArrayBuffer(4_096);
const keptMac = new Uint8Array(keptMemory, 0, 32);
const keptInput = new Uint8Array(keptMemory, 32);

/**
 * What is signed: the timestamp header's ASCII digits as they came, a full stop, the raw body.
 *
 * @param room Is used where the input fits; by default it gets memory of its own.
 */
export function canonicalInput(timestamp: string, body: Uint8Array, room?: Bytes): Bytes {
  const length = timestamp.length + 1 + body.byteLength;
  const input = room && length <= room.byteLength ? room.subarray(0, length) : new Uint8Array(length);
  for (let index = 0; index < timestamp.length; index += 1) input[index] = timestamp.charCodeAt(index);
  input[timestamp.length] = 0x2e;
  input.set(body, timestamp.length + 1);
  return input;
}

/** The MAC of `input`. The key is the secret's UTF-8 bytes: no base64, no prefix to strip. */
export async function computeMac(secret: string, input: Bytes): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(HMAC, await keyOf(secret), input));
}

/**
 * Whether one of `secrets` has signed, compared in constant time by the platform. All are tried.
 *
 * @param digits Of the signature: 64 hex digits, in either case.
 */
export function isSignedWithOneOf(
  secrets: readonly string[],
  digits: string,
  timestamp: string,
  body: Uint8Array,
): Promise<boolean> {
  const keys = secrets.map((secret) => keptKeys.get(secret));
  if (keys.every((key) => key !== undefined)) return isSignedWithKeyOf(keys, digits, timestamp, body);
  return Promise.all(secrets.map(keyOf)).then((imported) => isSignedWithKeyOf(imported, digits, timestamp, body));
}

/**
 * Not async, so that nothing waits while the kept memory is in use: the platform copies both texts
 * when it is called, and the next delivery writes over them.
 */
function isSignedWithKeyOf(keys: readonly CryptoKey[], digits: string, timestamp: string, body: Uint8Array) {
  keptMac.setFromHex(digits);
  const input = canonicalInput(timestamp, body, keptInput);
  const verdicts = keys.map((key) => crypto.subtle.verify(HMAC, key, keptMac, input));
  const [only = Promise.resolve(false)] = verdicts;
  return verdicts.length > 1 ? Promise.all(verdicts).then((all) => all.includes(true)) : only;
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
