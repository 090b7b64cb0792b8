// How each dialect carries its signature: the same MAC of the same bytes, in other headers.
import type { SignedDialect } from '../event/dialect.ts';

export interface SignatureScheme {
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  /** Stands before the hex digits of the signature, exactly. */
  readonly prefix: string;
}

export const schemes: Readonly<Record<SignedDialect, SignatureScheme>> = {
  /** What the Vast.ai service sends (its webhook documentation, "verifying signatures"). */
  notification: { signatureHeader: 'X-Vast-Signature-256', timestampHeader: 'X-Vast-Timestamp', prefix: 'sha256=' },
  resource: { signatureHeader: 'x-vastai-signature', timestampHeader: 'x-vastai-timestamp', prefix: '' },
};
