// From the bytes of a proven delivery to an envelope. Refuses only what cannot be identified, and
// passes on everything else.
import * as v from 'valibot';
import { MAX_ID_LENGTH, MAX_TYPE_LENGTH } from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';
import type { SignedDialect } from './dialect.ts';
import type { AnyEvent } from './envelope.ts';
import { mentionsIn } from './mentions.ts';

export type ParseFailure = {
  readonly reason: 'body_not_utf8' | 'body_not_json' | 'body_not_object' | 'event_invalid';
  /** One sentence per field, safe to show to the sender: it never quotes the body. */
  readonly issues: readonly string[];
};

/** What parsing needs of a proven delivery. */
interface ParseInput {
  readonly dialect: SignedDialect;
  readonly body: Uint8Array;
  /** The signed timestamp, in seconds: the time of an event whose body has none. */
  readonly timestamp: number;
  /** The id of a resource event whose body has none; without it, an id is required. */
  readonly substituteId?: string | undefined;
}

type JsonObject = Record<string, unknown>;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

const token = (field: string, maxLength: number) =>
  v.pipe(
    v.string(`${field} must be a string`),
    v.regex(/^[\x21-\x7e]*$/, `${field} must be printable ASCII without spaces`),
    v.minLength(1, `${field} must not be empty`),
    v.maxLength(maxLength, `${field} must be at most ${maxLength} characters`),
  );
const required = (issue: v.BaseIssue<unknown>) => `${issue.expected?.replaceAll('"', '')} is required`;

const notificationIdentity = v.object(
  { event_id: token('event_id', MAX_ID_LENGTH), notif_type: token('notif_type', MAX_TYPE_LENGTH) },
  required,
);
const resourceIdentity = v.object({ id: token('id', MAX_ID_LENGTH), type: token('type', MAX_TYPE_LENGTH) }, required);

/** Builds the envelope of a proven delivery to one of our endpoints. */
export function parseEvent(delivery: ParseInput, endpoint: string): Result<AnyEvent, ParseFailure> {
  const json = parseJsonObject(delivery.body);
  if (!json.ok) return json;
  switch (delivery.dialect) {
    case 'notification':
      return fromNotification(json.value, delivery.timestamp, endpoint);
    case 'resource':
      return fromResource(withId(json.value, delivery.substituteId), delivery.timestamp, endpoint);
  }
}

function parseJsonObject(body: Uint8Array): Result<JsonObject, ParseFailure> {
  let text: string;
  try {
    text = strictUtf8.decode(body);
  } catch {
    return fail({ reason: 'body_not_utf8', issues: ['body must be UTF-8'] });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail({ reason: 'body_not_json', issues: ['body must be JSON'] });
  }
  if (!isJsonObject(json)) return fail({ reason: 'body_not_object', issues: ['body must be a JSON object'] });
  return succeed(json);
}

function fromNotification(body: JsonObject, signedAt: number, endpoint: string): Result<AnyEvent, ParseFailure> {
  const identity = v.safeParse(notificationIdentity, body);
  if (!identity.success) return invalid(identity.issues);

  const { event_id: _id, notif_type: _type, timestamp, ...data } = body;
  const created = typeof timestamp === 'number' ? isoFrom(Math.round(timestamp * 1000)) : undefined;
  // A timestamp that is no time stays where the handler can see it.
  if (created === undefined && timestamp !== undefined) data.timestamp = timestamp;

  const { event_id: id, notif_type: type } = identity.output;
  const mentions = mentionsIn(data);
  return succeed({
    id,
    type,
    endpoint,
    dialect: 'notification',
    created: created ?? isoFromSigned(signedAt),
    data,
    ...(mentions && { mentions }),
  });
}

/** An id that is there is never replaced, however odd: it is refused for what it is. */
function withId(body: JsonObject, substituteId: string | undefined): JsonObject {
  return Object.hasOwn(body, 'id') || substituteId === undefined ? body : { ...body, id: substituteId };
}

function fromResource(body: JsonObject, signedAt: number, endpoint: string): Result<AnyEvent, ParseFailure> {
  const identity = v.safeParse(resourceIdentity, body);
  if (!identity.success) return invalid(identity.issues);

  const { id: _id, type: _type, data, created: createdField, ...extra } = body;
  const isTime = typeof createdField === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(createdField);
  const created = isTime ? isoFrom(createdField) : undefined;
  if (created === undefined && createdField !== undefined) extra.created = createdField;
  if (!isJsonObject(data) && data !== undefined) extra.data = data;

  return succeed({
    ...identity.output,
    endpoint,
    dialect: 'resource',
    created: created ?? isoFromSigned(signedAt),
    data: isJsonObject(data) ? data : {},
    ...(Object.keys(extra).length > 0 && { extra }),
  });
}

function invalid(issues: readonly { readonly message: string }[]): Result<never, ParseFailure> {
  return fail({ reason: 'event_invalid', issues: issues.map((issue) => issue.message) });
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** ISO 8601 of a text or of epoch milliseconds, or nothing where that is no date. */
function isoFrom(time: string | number): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The signed header's twelve digits always are a date (the year 33658 at most). */
function isoFromSigned(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
