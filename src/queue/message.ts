// What a queue message looks like: written and read here only, as JSON text, so that what was
// measured is what is sent.
import * as v from 'valibot';
import { dialects, signedDialects } from '../event/dialect.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { MAX_MESSAGE_BYTES, MAX_NESTING } from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';

/**
 * What patrol tells came with version 2: a Worker that does not know the dialect sends it back to
 * the queue instead of burying it.
 */
const VERSION = 1;
const OBSERVED_VERSION = 2;

/** An accepted event on its way to its handler. */
export interface EventMessage {
  readonly kind: 'event';
  readonly event: AnyEvent;
  /** When the edge accepted it, in milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** A delivery that the edge refused although its signature was genuine, kept whole. */
export interface RefusedMessage {
  readonly kind: 'refused';
  readonly reason: string;
  /** The signed body's id, or `sha256:…` of the body where it has none. */
  readonly id: string;
  readonly endpoint: string;
  readonly dialect: AnyEvent['dialect'];
  readonly receivedAt: number;
  /** How long before that it was signed, in seconds; negative where that time lay ahead. */
  readonly ageSeconds?: number;
  /** As received. They hold a signature, never a secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw body in base64: it may be anything. */
  readonly body: string;
  /** Where the body could be parsed, so that it can be replayed. */
  readonly event?: AnyEvent;
}

export type Message = EventMessage | RefusedMessage;

export type EncodeFailure = 'message_too_large' | 'message_too_deep';
export type DecodeFailure =
  | 'message_not_json'
  | 'message_version_unknown'
  /** Written by a newer Worker, which can read it. */
  | 'message_version_newer'
  | 'message_malformed';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a JSON value is nested deeper than `limit`, where this recursion ends, too. */
function isNestedDeeperThan(limit: number, json: unknown): boolean {
  if (!isObject(json)) return false;
  // What comes from JSON has own keys only; `Object.values` would copy each object.
  for (const key in json) {
    if (limit === 0 || isNestedDeeperThan(limit - 1, json[key as keyof typeof json])) return true;
  }
  return false;
}

/**
 * Writes a message. It can be too large although the body was not: JSON spells some numbers longer
 * than they came (`1e20`). Refusing what is too deep spares every later stage a stack overflow.
 */
export function encodeMessage(message: Message): Result<string, EncodeFailure> {
  if ('event' in message && isNestedDeeperThan(MAX_NESTING, message.event)) return fail('message_too_deep');
  const isObserved = message.kind === 'event' && message.event.dialect === 'observed';
  const text = JSON.stringify({ version: isObserved ? OBSERVED_VERSION : VERSION, ...message });
  return byteLength(text) > MAX_MESSAGE_BYTES ? fail('message_too_large') : succeed(text);
}

/** A text that SQLite stores as it is: no half of a surrogate pair, no NUL. */
const storable = v.custom<string>((text) => typeof text === 'string' && text.isWellFormed() && !text.includes('\0'));
const isText = (value: unknown) => typeof value === 'string';
const texts = v.custom<Record<string, string>>((value) => isObject(value) && Object.values(value).every(isText));
/** Milliseconds since the epoch, within what a date can be. */
const time = v.custom<number>((ms) => typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0 && ms <= 8.64e15);

const envelopeSchema = v.object({
  id: storable,
  type: storable,
  endpoint: storable,
  dialect: v.picklist(dialects),
  created: v.string(),
  data: v.custom<Record<string, unknown>>(isObject),
});
const envelope = v.custom<AnyEvent>((value) => v.is(envelopeSchema, value));

const eventSchema = v.object({ kind: v.picklist(['event']), event: envelope, receivedAt: time });
const refusedSchema = v.object({
  kind: v.picklist(['refused']),
  reason: v.string(),
  id: storable,
  endpoint: storable,
  dialect: v.picklist(signedDialects),
  receivedAt: time,
  ageSeconds: v.exactOptional(v.custom<number>(Number.isSafeInteger)),
  headers: texts,
  body: v.string(),
  event: v.exactOptional(envelope),
});

/**
 * Reads a message's body. Whoever can write into the queue is trusted no further than this: what
 * passes can be written again and stored, or one bad message would hold up its batch.
 */
export function decodeMessage(body: unknown): Result<Message, DecodeFailure> {
  let json: unknown;
  try {
    // A body that is no text may hold what JSON cannot spell (a BigInt, NaN, a cycle).
    json = JSON.parse(typeof body === 'string' ? body : JSON.stringify(body ?? null));
  } catch {
    return fail('message_not_json');
  }
  if (!isObject(json)) return fail('message_malformed');
  const version = 'version' in json ? json.version : undefined;
  if (Number.isInteger(version) && (version as number) > OBSERVED_VERSION) return fail('message_version_newer');
  if (version !== VERSION && version !== OBSERVED_VERSION) return fail('message_version_unknown');
  // The message itself is one level more than its event.
  if (isNestedDeeperThan(MAX_NESTING + 1, json)) return fail('message_malformed');
  const isRefused = 'kind' in json && json.kind === 'refused';
  const message = v.safeParse(isRefused ? refusedSchema : eventSchema, json);
  return message.success ? succeed(message.output) : fail('message_malformed');
}

const encoder = new TextEncoder();

/** UTF-8 length, counted only where it could matter: a UTF-16 unit takes three bytes at most. */
function byteLength(text: string): number {
  return text.length * 3 <= MAX_MESSAGE_BYTES ? text.length : encoder.encode(text).byteLength;
}
