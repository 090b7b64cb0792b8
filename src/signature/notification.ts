import type { SignatureScheme } from './scheme.ts';

/** The dialect that the Vast.ai service sends (its webhook documentation, "verifying signatures"). */
export const notificationScheme: SignatureScheme = {
  name: 'notification',
  signatureHeader: 'X-Vast-Signature-256',
  timestampHeader: 'X-Vast-Timestamp',
  prefix: 'sha256=',
};
