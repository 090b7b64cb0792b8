// What an event says to people, as plain text. Each chat's own file decides how it is spelled there
// (escapes, limits, colours).
import { eventKey, PATROL_ENDPOINT } from '../endpoint.ts';
import { isConfidential, type Severity } from '../event/catalogue.ts';
import type { Envelope } from '../event/envelope.ts';
import type { InstanceLook } from '../event/instance.ts';
import { clip } from './clip.ts';
import { kindOf, type Link } from './event-kinds.ts';

/** An event of any type, in a handler of its own or in the fallback. */
export type NotifiableEvent = Envelope<string, object>;

/** What a message is about: what opens a condition and what resolves it have the same `key`. */
export interface Condition {
  /** The same at every endpoint; the event's own where its text names no instance or machine. */
  readonly key: string;
  /** The instance or the machine that the text names. */
  readonly subject?: string | undefined;
  readonly resolves: boolean;
}

/** A message for any chat. All texts are plain: no platform's markup takes effect in them. */
export interface ChatMessage {
  readonly severity: Severity;
  /** One line. */
  readonly title: string;
  /** May be empty. */
  readonly text: string;
  /** Small print: group, type, and what opens or resolves it. */
  readonly details: string;
  /** An https URL to click. */
  readonly link?: Link | undefined;
  /** ISO 8601, or nothing for a year of more than four digits, which platforms refuse. */
  readonly created?: string | undefined;
  /** Its text may let a reader into the account, so no chat posts it. */
  readonly confidential: boolean;
  readonly condition: Condition;
}

/** Fields shown of an event that has no message, and the longest value shown, in characters. */
const MAX_FIELDS = 20;
const MAX_VALUE_LENGTH = 200;

/**
 * The message for an event: the provider's subject and message if it has them, else its type and
 * fields in plain words. To say it differently: `{ ...message(event), title: 'Bid higher!' }`.
 */
export function message(event: NotifiableEvent): ChatMessage {
  const data: Readonly<Record<string, unknown>> = { ...event.data };
  const ended = (data.condition as { readonly type?: unknown } | null | undefined)?.type;
  const { group, page, pair, severity, condition, resolves } = kindOf(event.type, event.endpoint, ended);
  const { subject, message: text, user_id: _userId, ...fields } = data;
  return {
    severity,
    title: oneLine(plainText(subject)) || titleOf(event.type),
    text: plainText(text).trim() || linesOf(fields),
    details: detailsOf(group, event.type, pair),
    link: page,
    created: /^\d{4}-/.test(event.created) ? event.created : undefined,
    confidential: isConfidential(event.type),
    condition: { ...conditionOf(event, condition), resolves },
  };
}

/** The message with what is known of its event's instance in the small print. */
export function withInstance(message: ChatMessage, look: InstanceLook | undefined): ChatMessage {
  if (look?.kind !== 'known') return message;
  const { label, gpu_name: gpu, num_gpus: count, dph_total: price, start_date: start, actual_status } = look.instance;
  const hours = start === null ? Number.NaN : (look.readAt / 1000 - start) / 3600;
  const length = hours < 48 ? `${hours.toFixed(1)} h` : `${Math.floor(hours / 24)} days`;
  const facts = [
    clip(oneLine(plainText(label)), MAX_VALUE_LENGTH),
    oneLine(plainText(gpu && count ? `${count}× ${gpu}` : gpu)),
    price === null ? '' : `$${price.toFixed(3)}/h`,
    hours >= 0 ? `${actual_status === 'running' ? 'running' : 'rented'} for ${length}` : '',
  ];
  return { ...message, details: detailsOf(message.details, ...facts) };
}

function conditionOf({ id, endpoint, mentions = {} }: NotifiableEvent, condition: string) {
  const { instanceId, machineId } = mentions;
  const named = instanceId ? `instance ${instanceId}` : machineId && `machine ${machineId}`;
  const subject = named || (endpoint === PATROL_ENDPOINT && 'the account');
  return subject ? { key: `${condition} of ${subject}`, subject } : { key: eventKey(endpoint, id) };
}

/** The text without control characters, and without marks that change the reading direction. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.toWellFormed().replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** The small print: those parts that there are. */
export function detailsOf(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** `resource.created` becomes `Resource created`. */
function titleOf(type: string): string {
  const words = type.replace(/[._-]+/g, ' ').trim() || type;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The simple fields, one per line. Nested ones are left out. */
function linesOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => clip(oneLine(plainText(`${name}: ${value}`)), MAX_VALUE_LENGTH))
    .join('\n');
}
