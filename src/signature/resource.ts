import type { SignatureScheme } from './scheme.ts';

/** The `resource.*` dialect: the same MAC over the same bytes, under headers of its own and without a prefix. */
export const resourceScheme: SignatureScheme = {
  name: 'resource',
  signatureHeader: 'x-vastai-signature',
  timestampHeader: 'x-vastai-timestamp',
  prefix: '',
};
