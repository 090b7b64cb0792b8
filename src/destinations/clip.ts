// Cuts text to a platform's limit. Pure.

/** What is never cut apart: an escape, whichever platform's it is, or else a code point. */
const UNIT = /&(?:amp|lt|gt);|<br>|\\?./gsu;
const ELLIPSIS = '…';

/**
 * `text`, or as much of its beginning as fits into `limit` together with an ellipsis.
 *
 * @param sizeOf In the platform's measure; UTF-16 units are at least one per character.
 */
export function clip(text: string, limit: number, sizeOf = utf16Units): string {
  const room = limit - sizeOf(ELLIPSIS);
  let size = 0;
  let fitting = 0;
  for (const [unit] of text.matchAll(UNIT)) {
    size += sizeOf(unit);
    if (size > limit) return `${text.slice(0, fitting).trimEnd()}${ELLIPSIS}`;
    if (size <= room) fitting += unit.length;
  }
  return text;
}

export function utf16Units(text: string): number {
  return text.length;
}

const encoder = new TextEncoder();

/** Bytes that a text takes inside a JSON string: no fewer than it takes outside. */
export function jsonBytes(text: string): number {
  return encoder.encode(JSON.stringify(text)).byteLength - 2;
}
