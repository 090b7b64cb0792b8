// Cuts text to a platform's limit. Pure.

interface ClipOptions {
  /** What is never cut apart, as a global pattern that covers any text. Default: a code point. */
  readonly unit?: RegExp;
  /** A text's size in the platform's measure. Default: UTF-16 units, at least one per character. */
  readonly sizeOf?: (text: string) => number;
}

const ELLIPSIS = '…';

/** `text`, or as much of its beginning as fits into `limit` together with an ellipsis. */
export function clip(text: string, limit: number, options: ClipOptions = {}): string {
  const { unit = /./gsu, sizeOf = (part) => part.length } = options;
  const room = limit - sizeOf(ELLIPSIS);
  let size = 0;
  let fitting = 0;
  for (const [part] of text.matchAll(unit)) {
    size += sizeOf(part);
    if (size > limit) return `${text.slice(0, fitting).trimEnd()}${ELLIPSIS}`;
    if (size <= room) fitting += part.length;
  }
  return text;
}

const encoder = new TextEncoder();

/** Bytes that a text takes inside a JSON string: no fewer than it takes outside. */
export function jsonBytes(text: string): number {
  return encoder.encode(JSON.stringify(text)).byteLength - 2;
}
