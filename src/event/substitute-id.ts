// The id of an event whose body has none, as in Vast.ai's `resource` samples.
import type { SignedDialect } from './dialect.ts';

const encoder = new TextEncoder();

/**
 * `sha256:` and the hex SHA-256 of what was signed (the timestamp's header, a full stop, the body),
 * so that a copy is a duplicate. None in the `notification` dialect, where an id is required.
 */
export async function substituteId(dialect: SignedDialect, timestamp: string, body: Uint8Array) {
  if (dialect === 'notification') return undefined;
  const before = encoder.encode(`${timestamp}.`);
  const signed = new Uint8Array(before.byteLength + body.byteLength);
  signed.set(before);
  signed.set(body, before.byteLength);
  return `sha256:${new Uint8Array(await crypto.subtle.digest('SHA-256', signed)).toHex()}`;
}
