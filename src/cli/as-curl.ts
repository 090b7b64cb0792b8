// A delivery for any other tool: a command for a POSIX shell.
import type { Delivery } from './delivery.ts';

/** Headers and body as they would be sent, the body byte for byte; it must be UTF-8. */
export function asCurl(url: string, { headers, body }: Delivery): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  const options = Object.entries(headers).map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`);
  // Not --data: it takes a body that begins with @ for the name of a file.
  return [`curl ${quoted(url)}`, ...options, `--data-raw ${quoted(text)}`].join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
