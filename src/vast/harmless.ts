// A stranger's text, made safe to print: it cannot act on a terminal, forge a line of ours, turn
// text round or hide some of it.

/** White space becomes a space, each other run of control or invisible characters this mark. */
export const REMOVED = '\ufffd';

const WHITE_SPACE_CONTROLS = /[\t-\r\x85\u2028\u2029]+/g;
/** Control (C0, C1, escape), format (bidirectional, zero width), private and broken characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu;

export function harmless(text: string): string {
  return text.replace(WHITE_SPACE_CONTROLS, ' ').replace(UNSEEN, REMOVED);
}

/** Every text in parsed JSON, field names included. */
export function harmlessJson(value: unknown): unknown {
  if (typeof value === 'string') return harmless(value);
  if (Array.isArray(value)) return value.map(harmlessJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [harmless(name), harmlessJson(each)]));
}

/** A value as JSON in one line: what cannot be seen is spelled by its number, nothing is lost. */
export function visibleJson(value: unknown): string {
  const spelled = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const isUnseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
  return JSON.stringify(value).replace(isUnseen, (character) => character.split('').map(spelled).join(''));
}

/** A text as one line of bounded length. */
export function oneLine(text: string, maxLength = 200): string {
  const flat = harmless(text).replace(/\s+/g, ' ').trim();
  return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}
