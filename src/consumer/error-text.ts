// What may be said of a handler's error in a log line or a record: its name and message, bounded, and with everything
// cut out that also stands in the payload or in a secret. Error messages love to quote their input.
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { MAX_ERROR_LENGTH } from '../limits.ts';

/** A run of this many characters shared with a payload text counts as a quotation; whole short values do, too. */
const SHORTEST_QUOTE = 12;
const SHORTEST_VALUE = 4;
const REDACTED = '[redacted]';

/** @returns `Name: message`, at most 300 characters. Never throws, whatever was thrown. */
export function describeError(error: unknown, event: AnyEvent, env: Env): string {
  const text = textOf(error);
  const values = [...textsIn(event.data), ...textsIn(event.extra), ...secretsOf(env)];
  return redact(text.slice(0, 4 * MAX_ERROR_LENGTH), values).slice(0, MAX_ERROR_LENGTH);
}

/**
 * A parser quotes its input in fragments too short to be told from ordinary words, so its text ends at the first
 * quotation mark. And a library's error may compute its message, and fail at it.
 */
function textOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `thrown ${typeof error}`;
    const message = error instanceof SyntaxError ? error.message.replace(/["'`].*$/s, REDACTED) : error.message;
    return `${error.name}: ${message}`;
  } catch {
    return 'an error that cannot be read';
  }
}

function redact(text: string, values: readonly string[]): string {
  // Longest first, so that a value inside another does not leave the rest of it standing.
  const whole = values.filter((value) => value.length >= SHORTEST_VALUE).sort((a, b) => b.length - a.length);
  let safe = text;
  for (const value of whole) safe = safe.replaceAll(value, REDACTED);

  const haystack = values.join('\0');
  let result = '';
  for (let index = 0; index < safe.length; ) {
    const length = quoteLength(safe, index, haystack);
    result += length > 0 ? REDACTED : safe[index];
    index += length || 1;
  }
  return result;
}

/** Length of the longest run at `start` that also stands in `haystack`, or 0 where that is too short to be a quotation. */
function quoteLength(text: string, start: number, haystack: string): number {
  let length = SHORTEST_QUOTE;
  if (start + length > text.length || !haystack.includes(text.slice(start, start + length))) return 0;
  while (start + length < text.length && haystack.includes(text.slice(start, start + length + 1))) length += 1;
  return length;
}

/** Every value within a JSON value as text. Iterative: a payload may be nested deeper than the stack. */
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
