// The provider's half, for the CLI, the tests and the benchmarks.
import { hexFromBytes } from './hex.ts';
import { canonicalInput, computeMac } from './mac.ts';
import type { SignatureScheme } from './schemes.ts';

/**
 * The two headers that make a delivery genuine.
 *
 * @param timestamp Seconds since the epoch, exactly as the header will spell them.
 */
export async function signDelivery(
  scheme: SignatureScheme,
  secret: string,
  timestamp: string,
  body: Uint8Array,
): Promise<Record<string, string>> {
  const mac = await computeMac(secret, canonicalInput(timestamp, body));
  const signature = `${scheme.prefix}${hexFromBytes(mac)}`;
  return { [scheme.signatureHeader]: signature, [scheme.timestampHeader]: timestamp };
}
