/** Text from a stranger, made harmless for terminal and log: control characters gone, one line, at most `maxLength` characters. */
export function oneLine(text: string, maxLength = 200): string {
  const flat = text
    .replace(/\p{C}+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}
