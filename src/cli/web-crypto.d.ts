// The signer is written for Workers, whose types know `CryptoKey` as a global; Node's know only its value.
import type { webcrypto } from 'node:crypto';

declare global {
  type CryptoKey = webcrypto.CryptoKey;
}
