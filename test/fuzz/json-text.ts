// JSON as text, not as values: what a sender may spell and no serializer would write (`-0`,
// `1e400`, a key twice, an own `__proto__`, nesting without end).
import fc from 'fast-check';

/** Any UTF-16 unit, halves of pairs included. */
export const anyUnit = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
);

const KEYS = ['__proto__', 'constructor', 'toString', 'id', 'type', 'data', 'event', 'version', 'timestamp', '0', ''];

const numbers = fc.oneof(
  fc.constantFrom('-0', '0', '1e400', '-1e400', '1e20', '1e-400', '9007199254740993', '123456789012345678901234567890'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

/** A string as its sender may escape it. */
const strings = fc.oneof(
  fc.string({ unit: anyUnit, maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\ud800"', '"\\u0000"', '"\\uDE00\\uD83D"', '"<script>"', '"\u2028"', '"\ufeff"'),
);

const keys = fc.oneof(
  fc.constantFrom(...KEYS).map((key) => JSON.stringify(key)),
  strings,
);

/** Any JSON value as text. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', '{}', '[]'),
    numbers,
    strings,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 4 }).map(objectText),
  ),
})).value;

/**
 * Values that take a body to a limit: nesting around the allowed 200 levels and far past it,
 * numbers that grow when spelt anew.
 */
export const extremeText = fc.oneof(
  fc.integer({ min: 190, max: 210 }).map(nested),
  fc.constantFrom(1_000, 20_000, 32_000).map(nested),
  fc.integer({ min: 1_000, max: 12_000 }).map((count) => `[${Array(count).fill('1e20').join(',')}]`),
);

export type Field = readonly [keyText: string, valueText: string];

export function objectText(fields: readonly Field[]): string {
  return `{${fields.map(([key, value]) => `${key}:${value}`).join(',')}}`;
}

function nested(depth: number): string {
  return depth % 2 === 0 ? `${'['.repeat(depth)}${']'.repeat(depth)}` : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
