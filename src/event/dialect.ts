// The dialects in which an event can be told. Behind the edge only their names are known.

/** Those of signed deliveries. How each is signed: `signature/schemes.ts`. */
export const signedDialects = ['notification', 'resource'] as const;

export type SignedDialect = (typeof signedDialects)[number];

/** Every dialect that an envelope may carry: `observed` is what patrol tells. */
export const dialects = [...signedDialects, 'observed'] as const;

export type Dialect = (typeof dialects)[number];
