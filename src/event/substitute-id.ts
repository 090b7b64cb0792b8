// What names an event whose body has no id of its own. Vast.ai's `resource` samples are such.
import type { SignedDialect } from './dialect.ts';

const encoder = new TextEncoder();

/**
 * `sha256:` and the hex SHA-256 of what was signed (timestamp, full stop, body), so that the same
 * delivery again is a duplicate. Undefined in the `notification` dialect, where an id is required.
 *
 * @param timestamp As the header spells it.
 */
export async function substituteId(
  dialect: SignedDialect,
  timestamp: string,
  body: Uint8Array,
): Promise<string | undefined> {
  if (dialect === 'notification') return undefined;
  const before = encoder.encode(`${timestamp}.`);
  const signed = new Uint8Array(before.byteLength + body.byteLength);
  signed.set(before);
  signed.set(body, before.byteLength);
  return `sha256:${new Uint8Array(await crypto.subtle.digest('SHA-256', signed)).toHex()}`;
}
