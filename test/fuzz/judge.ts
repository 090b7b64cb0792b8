// What must become of a delivery, said a second time and independently of `src/`: plain Node, no
// schema library, no shared code but the limits. Where the two disagree, one of them is wrong.
import { createHash } from 'node:crypto';
import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES, MAX_NESTING, TIMESTAMP_TOLERANCE_SECONDS } from '../../src/limits.ts';
import { type Dialect, HEADERS, type HttpDelivery, macOf, SECRETS } from './delivery.ts';

export type Judgement =
  /**
   * Not for a webhook endpoint, or refused before its signature is looked at. Nothing may be kept.
   */
  | { readonly kind: 'refused'; readonly status: 401 | 404 | 405 | 413 | 503 }
  /** Proven, but not acceptable: refused and kept. */
  | { readonly kind: 'kept'; readonly status: 400 | 401 | 413; readonly id: string | undefined }
  /** Proven and readable: accepted. `event` is the envelope as JSON spells it. */
  | { readonly kind: 'accepted'; readonly id: string; readonly event: string };

type Json = Record<string, unknown>;

/** @param now Seconds since the epoch. */
export function judge(delivery: HttpDelivery, headers: Headers, now: number): Judgement {
  const endpoint = endpointOf(delivery.path);
  if (endpoint === undefined) return { kind: 'refused', status: delivery.path === '/health' ? 405 : 404 };
  if (delivery.method !== 'POST') return { kind: 'refused', status: 405 };
  const secrets = secretsOf(endpoint);
  if (secrets.length === 0) return { kind: 'refused', status: 503 };
  const declared = headers.get('content-length');
  const tooLarge = delivery.body.length > MAX_BODY_BYTES || (declared !== null && Number(declared) > MAX_BODY_BYTES);
  if (tooLarge) return { kind: 'refused', status: 413 };

  const proven = provenBy(headers, delivery.body, secrets);
  if (proven === undefined) return { kind: 'refused', status: 401 };
  const event = envelopeOf(proven, delivery.body, endpoint);
  const id = event?.id as string | undefined;
  if (Math.abs(now - proven.timestamp) > TIMESTAMP_TOLERANCE_SECONDS) return { kind: 'kept', status: 401, id };
  if (event === undefined || id === undefined) return { kind: 'kept', status: 400, id: undefined };
  if (depthOf(event) > MAX_NESTING) return { kind: 'kept', status: 400, id };
  const text = JSON.stringify(event);
  const message = `{"version":1,"kind":"event","event":${text},"receivedAt":${now * 1_000}}`;
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) return { kind: 'kept', status: 413, id };
  return { kind: 'accepted', id, event: text };
}

export function endpointOf(path: string): string | undefined {
  const plain = path.replace('%68', 'h').replace(/\/$/, '');
  if (plain === '/webhooks/vastai') return '';
  return /^\/webhooks\/vastai\/([a-z][a-z0-9-]{0,31})$/.exec(plain)?.[1];
}

function secretsOf(endpoint: string): readonly string[] {
  if (endpoint === '') return [SECRETS.live, SECRETS.second];
  return endpoint === 'host' ? [SECRETS.host] : [];
}

function provenBy(headers: Headers, body: Uint8Array, secrets: readonly string[]) {
  const dialect: Dialect = headers.get(HEADERS.notification.signature) === null ? 'resource' : 'notification';
  const signature = headers.get(HEADERS[dialect].signature);
  const timestamp = headers.get(HEADERS[dialect].timestamp);
  if (signature === null || timestamp === null || !/^[0-9]{1,12}$/.test(timestamp)) return undefined;
  const { prefix } = HEADERS[dialect];
  const matches = secrets.some((secret) => {
    const digits = macOf(secret, timestamp, body);
    return signature.slice(0, prefix.length) === prefix && signature.slice(prefix.length).toLowerCase() === digits;
  });
  return matches ? { dialect, timestamp: Number(timestamp), text: timestamp } : undefined;
}

/**
 * The envelope, or nothing where the body names no event. Values are what JSON.parse reads and
 * JSON.stringify can spell: `-0` is 0, `1e400` is null, digits beyond a double's are rounded, and
 * of a key sent twice the last counts.
 */
function envelopeOf(
  { dialect, timestamp: signedAt, text }: { dialect: Dialect; timestamp: number; text: string },
  body: Uint8Array,
  endpoint: string,
): Json | undefined {
  const json = jsonOf(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const [idKey, typeKey, timeKey] =
    dialect === 'notification' ? ['event_id', 'notif_type', 'timestamp'] : ['id', 'type', 'created'];
  const own = new Map(Object.entries(json));
  const named = own.has(idKey) || dialect === 'notification';
  const id = named ? own.get(idKey) : `sha256:${hashOf(text, body)}`;
  const [type, time] = [own.get(typeKey), own.get(timeKey)];
  if (!isToken(id, 256) || !isToken(type, 128)) return undefined;
  for (const key of [idKey, typeKey, timeKey]) own.delete(key);

  const created = dialect === 'notification' ? fromNumber(time) : fromText(time);
  if (created === undefined && time !== undefined) own.set(timeKey, time);
  const envelope = {
    id,
    type,
    endpoint: endpoint || 'default',
    dialect,
    created: created ?? new Date(signedAt * 1_000).toISOString(),
  };
  if (dialect === 'notification') return { ...envelope, data: Object.fromEntries(own) };
  const data = own.get('data');
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  if (isObject) own.delete('data');
  return { ...envelope, data: isObject ? data : {}, ...(own.size > 0 && { extra: Object.fromEntries(own) }) };
}

/** What names a resource event without an id. */
function hashOf(timestamp: string, body: Uint8Array): string {
  return createHash('sha256').update(`${timestamp}.`).update(body).digest('hex');
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body));
  } catch {
    return undefined;
  }
}

function isToken(value: unknown, longest: number): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > longest) return false;
  return [...value].every((character) => character > ' ' && character < '\x7f');
}

function fromNumber(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(Math.abs(Math.round(seconds * 1_000)) <= 8.64e15)) return undefined;
  return new Date(Math.round(seconds * 1_000)).toISOString();
}

function fromText(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(Date.parse(text))) return undefined;
  return new Date(Date.parse(text)).toISOString();
}

/** Levels of objects and lists within a value. */
function depthOf(json: unknown): number {
  let deepest = 0;
  const open: [value: unknown, depth: number][] = [[json, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next;
    deepest = Math.max(deepest, depth);
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of Object.values(value)) open.push([inner, depth + 1]);
  }
  return deepest;
}
