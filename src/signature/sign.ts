// The provider's half: what Vast.ai would put beside a body. Used by the CLI, the tests and the
// benchmarks.

import { hexFromBytes } from './hex.ts';
import { canonicalInput, computeMac } from './mac.ts';
import type { SignatureScheme } from './schemes.ts';

/**
 * Signs a delivery.
 *
 * @param scheme Which headers to write.
 * @param secret The shared secret, as given.
 * @param timestamp Seconds since the epoch, as text, exactly as it will stand in the header.
 * @param body The request body, byte for byte.
 * @returns The two headers that make the delivery genuine.
 */
export async function signDelivery(
  scheme: SignatureScheme,
  secret: string,
  timestamp: string,
  body: Uint8Array,
): Promise<Record<string, string>> {
  const mac = await computeMac(secret, canonicalInput(timestamp, body));
  return {
    [scheme.signatureHeader]: `${scheme.prefix}${hexFromBytes(mac)}`,
    [scheme.timestampHeader]: timestamp,
  };
}
