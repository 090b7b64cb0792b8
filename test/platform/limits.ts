// What KV and queues refuse, as far as our calls can meet it: one statement for every fake and
// model of them. [D] documented by Cloudflare, [C] read in its source, [M] measured on the local
// runtime.

/** Of a key, in bytes of UTF-8 [D]. */
const MAX_KEY_BYTES = 512;
/** Of `expirationTtl` [D]. */
const MIN_TTL_SECONDS = 60;
/** Between two writes of one key [D]. The local simulator has no such limit [M]. */
const MIN_WRITE_INTERVAL_MS = 1_000;
/** Of a message with what the queue adds to it, in bytes [D]. */
const MAX_MESSAGE_BYTES = 128_000;
/** What the queue adds to a message, about [D]. */
const METADATA_BYTES = 100;
/** Of a delay, 24 hours [D]. */
const MAX_DELAY_SECONDS = 86_400;

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** @throws Error as KV does where it refuses the key, for reading and writing alike. */
export function checkKey(operation: 'GET' | 'PUT', key: string): void {
  // [D]
  if (key === '' || key === '.' || key === '..') throw new TypeError(`Key name cannot be "${key}".`);
  const bytes = bytesOf(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new Error(
    `KV ${operation} failed: 414 UTF-8 encoded length of ${bytes} exceeds key length limit of ${MAX_KEY_BYTES}.`,
  );
}

/**
 * @param expirationTtl In seconds; undefined for a value that is kept.
 * @param sinceLastWriteMs Since the key was written last; Infinity where it never was.
 * @throws Error as KV does where it refuses the write.
 */
export function checkPut(key: string, expirationTtl: number | undefined, sinceLastWriteMs: number): void {
  checkKey('PUT', key);
  if (expirationTtl !== undefined && !(expirationTtl >= MIN_TTL_SECONDS)) {
    throw new Error(
      `KV PUT failed: 400 Invalid expiration_ttl of ${expirationTtl}. Must be at least ${MIN_TTL_SECONDS}.`,
    );
  }
  // [C]
  if (sinceLastWriteMs < MIN_WRITE_INTERVAL_MS) throw new Error('KV PUT failed: 429 Too Many Requests');
}

/** @throws Error where a queue refuses a message that is sent as text. */
export function checkSend(text: unknown, delaySeconds = 0): asserts text is string {
  if (typeof text !== 'string') throw new TypeError('a message with contentType "text" must be a string');
  const bytes = bytesOf(text) + METADATA_BYTES;
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new Error(`Queue send failed: message length of ${bytes} bytes exceeds limit of ${MAX_MESSAGE_BYTES}.`);
  }
  checkDelay(delaySeconds);
}

/** @throws Error where a queue refuses the delay, of a message sent or of one sent back. */
export function checkDelay(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_DELAY_SECONDS) {
    throw new Error(`a delay of ${seconds} seconds is outside 0 to ${MAX_DELAY_SECONDS}`);
  }
}
