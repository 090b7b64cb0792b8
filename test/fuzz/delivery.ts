// Deliveries as an attacker, a broken proxy or the provider's next version might send them: near
// misses of genuine ones. The signature is computed here with Node's own HMAC, so that the
// project's signer is not its own judge.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { eventTypes } from '../../src/event/catalogue.ts';
import { MAX_BODY_BYTES } from '../../src/limits.ts';
import { extremeText, type Field, jsonText, objectText } from './json-text.ts';

export const SECRETS = { live: 'fuzz-live-secret', second: 'fuzz-second-secret', host: 'fuzz-host-secret' };

export type Dialect = 'notification' | 'resource';

export interface HttpDelivery {
  readonly path: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Sizes of the pieces in which it arrives, its length undeclared; none where it is declared. */
  readonly pieces: readonly number[] | undefined;
}

export const HEADERS = {
  notification: { signature: 'x-vast-signature-256', timestamp: 'x-vast-timestamp', prefix: 'sha256=' },
  resource: { signature: 'x-vastai-signature', timestamp: 'x-vastai-timestamp', prefix: '' },
} as const;

const SECRET_CHOICES = [...Object.values(SECRETS), '', 'local-dev-secret', 'fuzz-live-secre'];

const quoted = (text: string) => JSON.stringify(text);
const tokens = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[!-~]{1,40}$/).map(quoted) },
  fc.constantFrom(
    ...['__proto__', 'constructor', '.', '..', 'a/b?c#d%25', 'x'.repeat(256), 'x'.repeat(257)].map(quoted),
  ),
  fc.constantFrom(...['', ' ', 'with space', 'ümlaut', '\u0000', 'line\nfeed'].map(quoted), '1', 'null', '["a"]'),
);
const types = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...eventTypes.map(quoted)) }, tokens);
const times = fc.oneof(
  fc.constantFrom('1767225600.25', '-1', '1e400', '8640000000001', '"2026-01-01T00:00:00Z"', '"2026-13-01T00:00:00Z"'),
  jsonText,
);

/** Body fields in any order, some of them missing, twice, or of the wrong kind. */
const fields = (dialect: Dialect): fc.Arbitrary<readonly Field[]> => {
  const [id, type, time] =
    dialect === 'notification' ? ['"event_id"', '"notif_type"', '"timestamp"'] : ['"id"', '"type"', '"created"'];
  const field = (key: string, value: fc.Arbitrary<string>) => fc.tuple(fc.constant(key), value);
  const anyField = fc.tuple(fc.constantFrom('"__proto__"', '"data"', '"message"', '"extra"', id, '"x"'), jsonText);
  return fc
    .tuple(
      fc.tuple(field(id, tokens), field(type, types)),
      fc.array(fc.oneof(anyField, field(time, times), field('"data"', jsonText)), { maxLength: 5 }),
      fc.oneof({ weight: 60, arbitrary: fc.constant(undefined) }, field('"data"', extremeText)),
    )
    .map(([identity, others, extreme]) => [...identity, ...others, ...(extreme ? [extreme] : [])]);
};

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** Fills a body with blanks up to a size: still the same JSON. */
const padded = (text: string, size: number) => bytes(text + ' '.repeat(Math.max(size - Buffer.byteLength(text), 0)));

const bodies = (dialect: Dialect): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 90, arbitrary: fields(dialect).map((entries) => bytes(objectText(entries))) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fields(dialect), fc.constantFrom(-1, 0, 1))
        .map(([entries, over]) => padded(objectText(entries), MAX_BODY_BYTES + over)),
    },
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 64 }).map((junk) => new Uint8Array(junk)) },
    { weight: 6, arbitrary: jsonText.map(bytes) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fields(dialect),
          fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], [0]),
          fc.nat(),
        )
        .map(([entries, junk, at]) => spliced(bytes(objectText(entries)), junk, at)),
    },
  );

function spliced(body: Uint8Array, junk: readonly number[], at: number): Uint8Array {
  const index = at % (body.length + 1);
  return new Uint8Array([...body.subarray(0, index), ...junk, ...body.subarray(index)]);
}

/** Seconds from now, around both edges of the tolerance and anywhere. */
const ages = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -299, max: 299 }) },
  { weight: 2, arbitrary: fc.constantFrom(-302, -301, -300, 300, 301, 302) },
  fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
);
const spellings = fc.oneof(
  { weight: 12, arbitrary: fc.constant((seconds: number) => String(seconds)) },
  fc.constantFrom(
    (seconds: number) => `0${seconds}`,
    (seconds: number) => `000000000000${seconds}`,
    (seconds: number) => `+${seconds}`,
    (seconds: number) => `${seconds}.0`,
    (seconds: number) => `${seconds}e0`,
    (seconds: number) => `0x${seconds.toString(16)}`,
    (seconds: number) => `${seconds}, ${seconds}`,
    (seconds: number) => `${seconds * 1_000}`,
    () => '',
  ),
);

interface Draft {
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** What may happen to a signed delivery on its way. */
type Tampering = (draft: Draft, dialect: Dialect, dice: number) => void;

const headerOf = (draft: Draft, name: string) => draft.headers.find((header) => header[0] === name);
const otherOf = (dialect: Dialect): Dialect => (dialect === 'notification' ? 'resource' : 'notification');

const tamperings: Record<string, Tampering> = {
  flipBodyBit: (draft, _, dice) => {
    draft.body = new Uint8Array(draft.body);
    const index = dice % Math.max(draft.body.length, 1);
    if (draft.body.length > 0) draft.body[index] = (draft.body[index] ?? 0) ^ (1 << (dice % 8));
  },
  cutBody: (draft) => {
    draft.body = draft.body.subarray(0, -1);
  },
  growBody: (draft) => {
    draft.body = new Uint8Array([...draft.body, 0x20]);
  },
  flipDigit: (draft, dialect, dice) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    if (!header) return;
    const index = HEADERS[dialect].prefix.length + (dice % 64);
    const digit = header[1][index] === '0' ? '1' : '0';
    header[1] = header[1].slice(0, index) + digit + header[1].slice(index + 1);
  },
  upperCase: (draft, dialect) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    if (header)
      header[1] =
        header[1].slice(0, HEADERS[dialect].prefix.length) +
        header[1].slice(HEADERS[dialect].prefix.length).toUpperCase();
  },
  changePrefix: (draft, dialect, dice) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    const prefixes = ['', 'sha256=', 'SHA256=', 'sha256 =', 'sha1=', 'v1,', 'sha256=sha256='];
    if (header) header[1] = `${prefixes[dice % prefixes.length]}${header[1].replace('sha256=', '')}`;
  },
  junkSignature: (draft, dialect, dice) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    const junk = ['', '0'.repeat(64), `sha256=${'0'.repeat(64)}`, 'sha256=', 'null', 'é'.repeat(64), '0'.repeat(4_096)];
    if (header) header[1] = junk[dice % junk.length] ?? '';
  },
  cutSignature: (draft, dialect) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    if (header) header[1] = header[1].slice(0, -1);
  },
  growSignature: (draft, dialect) => {
    const header = headerOf(draft, HEADERS[dialect].signature);
    if (header) header[1] += '0';
  },
  surround: (draft, _, dice) => {
    for (const header of draft.headers) header[1] = dice % 2 === 0 ? ` ${header[1]}\t` : `"${header[1]}"`;
  },
  swapDialect: (draft, dialect) => {
    const [mine, other] = [HEADERS[dialect], HEADERS[otherOf(dialect)]];
    for (const header of draft.headers) {
      if (header[0] === mine.signature) header[0] = other.signature;
      else if (header[0] === mine.timestamp) header[0] = other.timestamp;
    }
  },
  addOtherDialect: (draft, dialect, dice) => {
    const other = HEADERS[otherOf(dialect)];
    const digits = headerOf(draft, HEADERS[dialect].signature)?.[1].replace('sha256=', '') ?? '';
    draft.headers.push([other.signature, dice % 3 === 0 ? '' : other.prefix + digits]);
    const timestamp = headerOf(draft, HEADERS[dialect].timestamp)?.[1] ?? '';
    if (dice % 2 === 0) draft.headers.push([other.timestamp, timestamp]);
  },
  repeatHeader: (draft, _, dice) => {
    const header = draft.headers[dice % draft.headers.length];
    if (header) draft.headers.push([...header]);
  },
  dropHeader: (draft, _, dice) => {
    draft.headers.splice(dice % draft.headers.length, 1);
  },
  moveTime: (draft, dialect, dice) => {
    const header = headerOf(draft, HEADERS[dialect].timestamp);
    if (header) header[1] = String(Number(header[1]) + (dice % 3) - 1);
  },
  claimId: (draft, _, dice) => {
    draft.headers.push(['x-vast-event-id', ['other', '', 'ÿ', '../..'][dice % 4] ?? '']);
    draft.headers.push(['x-vast-delivery-attempt', ['1', '-1', 'NaN', '9'.repeat(99)][dice % 4] ?? '']);
  },
  lieAboutLength: (draft, _, dice) => {
    draft.headers.push(['content-length', ['0', '-1', 'NaN', '65537', '1e9', ''][dice % 6] ?? '']);
  },
  longHeaders: (draft) => {
    draft.headers.push(['user-agent', 'u'.repeat(4_096)], ['content-type', 'ÿ'.repeat(1_024)]);
  },
};

const paths = fc.oneof(
  { weight: 12, arbitrary: fc.constant('/webhooks/vastai') },
  { weight: 3, arbitrary: fc.constantFrom('/webhooks/vastai/', '/webhooks/vastai/host', '/webhooks/vastai/host/') },
  fc.constantFrom(
    '/webhooks/vastai/unset',
    '/webhooks/vastai/default',
    '/webhooks/vastai/host-2',
    '/webhooks/vastai/%68ost',
  ),
  fc.constantFrom(
    '/',
    '/health',
    '/webhooks//vastai',
    '/webhooks/vastai/UPPER',
    '/webhooks/vastai/%ff',
    '/%c0%af..%2f',
  ),
);
const methods = fc.oneof(
  { weight: 20, arbitrary: fc.constant('POST') },
  fc.constantFrom('PUT', 'DELETE', 'PATCH', 'PURGE'),
);

/** @param now Seconds since the epoch. */
export function deliveries(now: number): fc.Arbitrary<HttpDelivery> {
  return fc.constantFrom<Dialect>('notification', 'resource').chain((dialect) =>
    fc
      .record({
        path: paths,
        method: methods,
        body: bodies(dialect),
        secret: fc.oneof({ weight: 6, arbitrary: fc.constant(SECRETS.live) }, fc.constantFrom(...SECRET_CHOICES)),
        age: ages,
        spell: spellings,
        tamper: fc.oneof(
          { weight: 2, arbitrary: fc.constant([]) },
          fc.array(fc.tuple(fc.constantFrom(...Object.keys(tamperings)), fc.nat(10_000)), { maxLength: 3 }),
        ),
        pieces: fc.option(fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 4 }), { freq: 3, nil: undefined }),
      })
      .map(({ path, method, body, secret, age, spell, tamper, pieces }) => {
        const { signature, timestamp, prefix } = HEADERS[dialect];
        const time = spell(now - age);
        const draft: Draft = { headers: [], body };
        draft.headers.push([signature, prefix + macOf(secret, time, body)], [timestamp, time]);
        for (const [name, dice] of tamper) tamperings[name]?.(draft, dialect, dice);
        if (pieces === undefined && !draft.headers.some(([name]) => name === 'content-length')) {
          draft.headers.push(['content-length', String(draft.body.length)]);
        }
        return { path, method, ...draft, pieces };
      }),
  );
}

/** The hex digits that a signature over these bytes must have. */
export function macOf(secret: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${timestamp}.`, 'latin1').update(body).digest('hex');
}

export function requestOf({ path, method, headers, body, pieces }: HttpDelivery): Request {
  const init: RequestInit = { method, headers: headers.map(([name, value]) => [name, value]) };
  // Node asks for `duplex` beside a stream.
  if (pieces) Object.assign(init, { body: streamOf(body, pieces), duplex: 'half' });
  else Object.assign(init, { body });
  return new Request(`https://receiver.test${path}`, init);
}

function streamOf(body: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  const ends = [...sizes, body.length].map((size) => {
    at = Math.min(at + size, body.length);
    return at;
  });
  return new ReadableStream({
    start(controller) {
      for (const [index, end] of ends.entries()) controller.enqueue(body.slice(ends[index - 1] ?? 0, end));
      controller.close();
    },
  });
}
