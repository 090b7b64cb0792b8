// What an event says to people, as plain text. Each chat's own file decides how it is spelled there
// (escapes, limits, colours).
import { duration } from '../duration.ts';
import { isConfidential, type Severity, severityOf } from '../event/catalogue.ts';
import { type InstanceLook, isStopped } from '../event/instance.ts';
import { clip } from './clip.ts';
import { type Condition, conditionOf, type Link, type NotifiableEvent, pageOf } from './event-kinds.ts';

/** A message for any chat. All texts are plain: no platform's markup takes effect in them. */
export interface ChatMessage {
  readonly severity: Severity;
  /** One line, and not empty: Discord and PagerDuty refuse that. */
  readonly title: string;
  /** May be empty. */
  readonly text: string;
  /** Small print: type, and what opens or resolves it. Not empty: Slack and Discord refuse that. */
  readonly details: string;
  /** An https URL to click. */
  readonly link?: Link | undefined;
  /** ISO 8601, or nothing for a year of more than four digits, which platforms refuse. */
  readonly created?: string | undefined;
  /** Its text may let a reader into the account, so no chat posts it. */
  readonly confidential: boolean;
  readonly condition: Condition;
}

/** Longest value shown of a field, in characters. */
const MAX_VALUE_LENGTH = 200;

/**
 * The message for an event: the provider's subject and message if it has them, else its type and
 * fields in plain words. To say it differently: `{ ...message(event), title: 'Bid higher!' }`.
 */
export function message(event: NotifiableEvent): ChatMessage {
  const { type, created, data } = event;
  const { subject, message: text, user_id: _userId, ...fields }: Readonly<Record<string, unknown>> = { ...data };
  const { condition, pair } = conditionOf(event);
  return {
    severity: severityOf(type),
    title: oneLine(subject) || titleOf(type),
    text: plainText(text).trim() || linesOf(fields),
    details: detailsOf(type, pair),
    link: pageOf(event),
    created: /^\d{4}-/.test(created) ? created : undefined,
    confidential: isConfidential(type),
    condition,
  };
}

/** The message with what is known of its event's instance in the small print. */
export function withInstance(message: ChatMessage, look: InstanceLook | undefined): ChatMessage {
  if (look?.kind !== 'known') return message;
  const { instance, readAt } = look;
  const { label, gpu_name: gpu, num_gpus: count, start_date: start, uptime_mins: uptime, actual_status } = instance;
  // A stopped one goes on paying for its disk.
  const price = isStopped(instance) ? instance.storage_total_cost : instance.dph_total;
  const rented = start === null ? Number.NaN : readAt - start * 1000;
  const isRunning = actual_status === 'running' && !isStopped(instance);
  const facts = [
    clip(oneLine(label), MAX_VALUE_LENGTH),
    oneLine(gpu && count ? `${count}× ${gpu}` : gpu),
    price === null ? '' : `$${price.toFixed(3)}/h`,
    isRunning && uptime !== null && uptime > 0
      ? `running for ${duration(uptime * 60_000)}`
      : rented > 0 && `${isRunning ? 'running, ' : ''}rented for ${duration(rented)}`,
  ];
  return { ...message, details: detailsOf(message.details, ...facts) };
}

/** The text without control characters, and without marks that change the reading direction. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.toWellFormed().replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** The small print: those parts that there are. */
export function detailsOf(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}

function oneLine(value: unknown): string {
  return plainText(value).replace(/\s+/g, ' ').trim();
}

/** `resource.created` becomes `Resource created`. */
function titleOf(type: string): string {
  const words = type.replace(/[._-]+/g, ' ').trim() || type;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The simple fields, at most twenty, one per line. Nested ones are left out. */
function linesOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => typeof value !== 'object')
    .slice(0, 20)
    .map(([name, value]) => clip(oneLine(`${name}: ${value}`), MAX_VALUE_LENGTH))
    .join('\n');
}
