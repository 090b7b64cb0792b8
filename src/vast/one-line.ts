/** A stranger's text, safe for terminal and log: one line, no control characters, bounded. */
export function oneLine(text: string, maxLength = 200): string {
  const flat = text
    .replace(/\p{C}+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}
