// A handler's error in two texts. The one kept beside the event says all that helps: name, message,
// line. The one told, in a log or a chat, has no payload: more people read those than events.
import type { Env } from '../env.ts';
import { isConfidential } from '../event/catalogue.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { MAX_ERROR_LENGTH } from '../limits.ts';

/** Characters in a row that make a quotation of the payload; of a whole value, fewer do. */
const SHORTEST_QUOTE = 12;
const SHORTEST_VALUE = 4;
const REDACTED = '[redacted]';

/** An error as the ledger keeps it, and as it may be told. */
export interface ErrorTexts {
  readonly kept: string;
  readonly told: string;
}

/** Never throws, whatever was thrown. */
export function describeError(error: unknown, event: AnyEvent, env: Env): ErrorTexts {
  const { message, frame } = partsOf(error, env);
  // Told before it is cut: half a quotation is not recognized as one.
  return { kept: shorten(message, frame), told: toldText(message + frame, event, env) };
}

/** `Name: message (at …)`, at most `MAX_ERROR_LENGTH` characters, without any secret of `env`. */
export function keptText(error: unknown, env: Env): string {
  const { message, frame } = partsOf(error, env);
  return shorten(message, frame);
}

/** What was thrown and where, free of secrets. */
function partsOf(error: unknown, env: Env): { message: string; frame: string } {
  try {
    if (typeof error === 'string') return { message: withoutSecrets(error, env), frame: '' };
    if (!(error instanceof Error)) return { message: `thrown ${error === null ? 'null' : typeof error}`, frame: '' };
    const message = withoutSecrets(`${error.name}: ${error.message}`, env);
    return { message, frame: withoutSecrets(frameOf(error), env) };
  } catch {
    // A library's error may compute its message, and fail at it.
    return { message: 'an error that cannot be read', frame: '' };
  }
}

/**
 * A kept text as a log line and a chat may show it: without anything of the event's payload, and
 * of a confidential one no more than the error's name.
 */
export function toldText(kept: string, event: AnyEvent, env: Env): string {
  const name = /^[\w$.]+(?=:)/.exec(kept)?.[0] ?? 'Error';
  const payload = [...textsIn(event.data), ...textsIn(event.extra)];
  // A thrown string may begin like a name, and be the payload.
  if (isConfidential(event.type)) return payload.some((text) => text.includes(name)) ? 'Error' : name;
  // A parser quotes its input in fragments too short to be told from ordinary words.
  const text = name === 'SyntaxError' ? kept.replace(/["'`].*$/s, REDACTED) : kept;
  return redact(text, [...payload, ...secretsOf(env)]).slice(0, MAX_ERROR_LENGTH);
}

/** The stack's first line that has a place in our code or the user's, as the bundle names it. */
function frameOf(error: Error): string {
  const [frame] = framesOf(error);
  if (!frame) return '';
  const place = frame.replace(/[()]/g, '').replace(/file:\/\/\/?\S*\/(?=(?:src|test)\/|index\.js:)/, '');
  return ` (${place.trim()})`;
}

function framesOf(error: Error): string[] {
  const stack = error.stack ?? '';
  // The message comes before the frames, and a line of it may look like one.
  const after = stack.includes(error.message) ? stack.indexOf(error.message) + error.message.length : 0;
  return stack
    .slice(after)
    .split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line) && !line.includes('node_modules'));
}

/**
 * Where something was thrown, for the terminal of `wrangler dev`: it replaces a place in the bundle
 * by that in the source, but only in a line of its own that looks like a stack's.
 */
export function traceOf(error: unknown, env: Env): string {
  try {
    return error instanceof Error ? withoutSecrets(framesOf(error).join('\n'), env) : '';
  } catch {
    return '';
  }
}

function shorten(message: string, frame: string): string {
  return message.slice(0, MAX_ERROR_LENGTH - frame.length) + frame;
}

function withoutSecrets(text: string, env: Env): string {
  return redact(text.slice(0, 4 * MAX_ERROR_LENGTH), secretsOf(env));
}

function redact(text: string, values: readonly string[]): string {
  if (values.length === 0) return text;
  // Longest first, so that a value inside another does not leave the rest of it visible.
  const whole = values.filter((value) => value.length >= SHORTEST_VALUE).sort((a, b) => b.length - a.length);
  let safe = text;
  for (const value of whole) safe = safe.replaceAll(value, REDACTED);

  const haystack = lower(values.flatMap(spellingsOf).join('\0'));
  const needle = lower(safe);
  let result = '';
  for (let index = 0; index < safe.length; ) {
    const length = quoteLength(needle, index, haystack);
    result += length > 0 ? REDACTED : safe[index];
    index += length || 1;
  }
  return result;
}

/** Length of the longest run at `start` that is in `haystack`, too; 0 if it is no quotation. */
function quoteLength(text: string, start: number, haystack: string): number {
  let length = SHORTEST_QUOTE;
  if (start + length > text.length || !haystack.includes(text.slice(start, start + length))) return 0;
  while (start + length < text.length && haystack.includes(text.slice(start, start + length + 1))) length += 1;
  return length;
}

/** A value as code may quote it: bare, as JSON, percent-encoded, hex, base64 from any offset. */
function spellingsOf(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const percent = encodeURIComponent(value.toWellFormed());
  const base64 = [0, 1, 2].map((offset) => bytes.subarray(offset).toBase64({ omitPadding: true }).slice(0, -1));
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    percent,
    percent.replaceAll('%20', '+'),
    bytes.toHex(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** ASCII letters in lower case: every other character keeps its place and length. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** All that a JSON value holds, as texts. Iterative: its nesting may be deeper than the stack. */
function textsIn(json: unknown): string[] {
  const texts: string[] = [];
  const open = [json];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'number') texts.push(String(value));
    else if (typeof value === 'object' && value !== null) open.push(...Object.values(value));
  }
  return texts;
}

function secretsOf(env: Env): string[] {
  return Object.values(env).filter((value): value is string => typeof value === 'string' && value !== '');
}
