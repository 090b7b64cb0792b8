// The dialects in which an event can be told. Everything behind the edge knows only their names.

/**
 * The dialects that arrive signed, in a webhook's delivery. How each is signed:
 * `signature/schemes.ts`.
 */
export const signedDialects = ['notification', 'resource'] as const;

export type SignedDialect = (typeof signedDialects)[number];

/** Every dialect that an envelope may carry. */
export const dialects = signedDialects;

export type Dialect = (typeof dialects)[number];
