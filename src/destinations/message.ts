// What an event says to people, as plain text: how a chat spells it (escapes, limits, colours) is that chat's file.
import { eventTypes, securityCriticalTypes } from '../event/catalogue.ts';
import type { Envelope } from '../event/envelope.ts';
import { clip } from './clip.ts';
import { kindOf, type Link, type Severity } from './event-kinds.ts';

/** An event of any type, in a handler of its own or in the fallback. */
export type NotifiableEvent = Envelope<string, object>;

/** A message for any chat. All texts are plain: no markup, of whichever platform, takes effect in them. */
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
  /** ISO 8601. */
  readonly created: string;
  /** Its text may let its reader into the account: the chats refuse to post it. */
  readonly confidential: boolean;
}

/** Fields shown of an event that has no message, and the longest value shown, in characters. */
const MAX_FIELDS = 20;
const MAX_VALUE_LENGTH = 200;

/** An unknown type that sounds like the ones that carry a link into the account is treated like them. */
const SOUNDS_CONFIDENTIAL = /password|passcode|e?mail|login|sign_?in|2fa|mfa|otp|token|api_?key|invit|verification/i;
const known: ReadonlySet<string> = new Set(eventTypes);

/**
 * The message for an event: the provider's subject and message where it has them, else the type and the fields in
 * plain words. To say it differently: `{ ...message(event), title: 'Bid higher!' }`.
 */
export function message(event: NotifiableEvent): ChatMessage {
  const { group, page, pair, severity } = kindOf(event.type, event.endpoint);
  const data: Readonly<Record<string, unknown>> = { ...event.data };
  const { subject, message: text, user_id: _userId, ...fields } = data;
  return {
    severity,
    title: oneLine(plainText(subject)) || titleOf(event.type),
    text: plainText(text).trim() || linesOf(fields),
    details: [group, event.type, pair].filter(Boolean).join(' · '),
    link: page,
    created: event.created,
    confidential: isConfidential(event.type),
  };
}

/** Whether an event's text must not be shown to a chat. */
export function isConfidential(type: string): boolean {
  return securityCriticalTypes.has(type) || (!known.has(type) && SOUNDS_CONFIDENTIAL.test(type));
}

/** Text free of what a reader cannot see: control characters, and marks that reverse the direction of reading. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.toWellFormed().replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** `resource.created` becomes `Resource created`. */
function titleOf(type: string): string {
  const words = type.replace(/[._-]+/g, ' ').trim() || type;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The simple fields, one a line; what is nested is left for whoever reads the event itself. */
function linesOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => clip(oneLine(plainText(`${name}: ${value}`)), MAX_VALUE_LENGTH))
    .join('\n');
}
