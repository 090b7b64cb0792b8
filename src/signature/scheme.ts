// How a dialect carries its signature. Both sign the same bytes; only the headers differ.

export type SchemeName = 'notification' | 'resource';

export interface SignatureScheme {
  readonly name: SchemeName;
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  /** Stands before the hex digits of the signature, exactly. */
  readonly prefix: string;
}
