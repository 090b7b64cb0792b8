// What can be sent beside an honest delivery, and the only answer that is right for it.
import { MAX_BODY_BYTES, TIMESTAMP_TOLERANCE_SECONDS } from '../limits.ts';
import { schemes } from '../signature/schemes.ts';
import { type Delivery, type Draft, signDraft } from './delivery.ts';

/** Status and fields that an answer must have. A field that is `undefined` must be absent. */
export interface ExpectedAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface PlannedSend {
  readonly delivery: Delivery;
  readonly expected: ExpectedAnswer;
  /** What is special about it, for the reader. */
  readonly note?: string;
  /** How long to wait before sending, in milliseconds. */
  readonly pauseMs?: number;
}

interface PlanContext {
  /** A Worker on this machine, whose KV has no cache in front of it. */
  readonly local: boolean;
  /** What an honest first delivery deserves: an id of your own choosing may be known already. */
  readonly accepted: ExpectedAnswer;
  readonly secret: string;
}

/** How it differs from an honest delivery. */
export interface AttackMode {
  readonly summary: string;
  /** Before it is signed. */
  readonly change?: (draft: Draft) => Partial<Draft>;
  /** After it is signed. */
  readonly tamper?: (delivery: Delivery) => Delivery;
  /** Sent behind it, and what is special about that for the reader. */
  readonly copy?: (delivery: Delivery) => readonly [copy: Delivery, note: string];
  readonly expected?: ExpectedAnswer;
}

export const ACCEPTED: ExpectedAnswer = { status: 200, fields: { received: true, duplicate: undefined } };
export const ACCEPTED_OR_DUPLICATE: ExpectedAnswer = { status: 200, fields: { received: true } };
export const DUPLICATE: ExpectedAnswer = { status: 200, fields: { received: true, duplicate: true } };
export const INVALID_SIGNATURE: ExpectedAnswer = { status: 401, fields: { error: 'Invalid signature' } };
export const OUTSIDE_TOLERANCE: ExpectedAnswer = { status: 401, fields: { error: 'Timestamp outside tolerance' } };
const TOO_LARGE: ExpectedAnswer = { status: 413, fields: { error: 'Payload too large' } };
export const INVALID_EVENT: ExpectedAnswer = { status: 400, fields: { error: 'Invalid event' } };

/** Far enough outside that a slow answer does not bring a timestamp ahead of now back inside. */
const OUTSIDE_SECONDS = TIMESTAMP_TOLERANCE_SECONDS + 60;
/** An id is noted just after its answer: a copy sent at once could arrive before the note. */
export const COPY_PAUSE_MS = 500;

/** By the option that asks for them. */
export const attackModes = {
  stale: {
    summary: `a genuine delivery from ${OUTSIDE_SECONDS} s ago`,
    change: movedBy(-OUTSIDE_SECONDS),
    expected: OUTSIDE_TOLERANCE,
  },
  future: {
    summary: `a genuine delivery from ${OUTSIDE_SECONDS} s ahead`,
    change: movedBy(OUTSIDE_SECONDS),
    expected: OUTSIDE_TOLERANCE,
  },
  badSignature: { summary: 'a signature with one digit changed', tamper: forge, expected: INVALID_SIGNATURE },
  duplicate: { summary: 'the same delivery twice', copy: (delivery) => [delivery, 'the same delivery again'] },
  oversize: { summary: `a genuine body of ${MAX_BODY_BYTES + 1} bytes`, change: padded, expected: TOO_LARGE },
  badUtf8: { summary: 'a genuine body that is not UTF-8', change: withStrayByte, expected: INVALID_EVENT },
  headerId: {
    summary: 'a captured delivery sent again under another event id in its unsigned header',
    copy: (captured) => {
      const headers = { ...captured.headers, 'X-Vast-Event-Id': `${captured.id}-renamed` };
      return [{ ...captured, headers }, `again, as X-Vast-Event-Id: ${captured.id}-renamed`];
    },
  },
} satisfies Record<string, AttackMode>;

export type AttackName = keyof typeof attackModes;

/** What is sent for one draft: honestly, or in a mode. */
export async function planOf(
  draft: Draft,
  { change, tamper, copy, expected }: Partial<AttackMode>,
  { local, accepted, secret }: PlanContext,
): Promise<readonly PlannedSend[]> {
  const signed = await signDraft({ ...draft, ...change?.(draft) }, secret);
  const first = { delivery: tamper?.(signed) ?? signed, expected: expected ?? accepted };
  if (!copy) return [first];
  const [delivery, note] = copy(signed);
  // A deployed Worker may accept the copy: KV caches "absent" for a minute. The consumer dedupes.
  const known = local ? DUPLICATE : ACCEPTED_OR_DUPLICATE;
  return [first, { delivery, expected: known, note, pauseMs: COPY_PAUSE_MS }];
}

export function isAsExpected(answer: ExpectedAnswer, expected: ExpectedAnswer): boolean {
  return (
    answer.status === expected.status &&
    Object.entries(expected.fields).every(([field, value]) => answer.fields[field] === value)
  );
}

/** An expected answer in the words of one that has come. */
export function describeExpected({ status, fields }: ExpectedAnswer): string {
  const absent = Object.keys(fields).filter((field) => fields[field] === undefined);
  return `${status} ${JSON.stringify(fields)}${absent.map((field) => ` without "${field}"`).join('')}`;
}

function movedBy(seconds: number) {
  return ({ timestamp }: Draft) => ({ timestamp: timestamp + seconds });
}

/** The same delivery with the last digit of its signature changed. */
export function forge(delivery: Delivery): Delivery {
  const header = schemes[delivery.dialect].signatureHeader;
  const signature = delivery.headers[header] ?? '';
  const forged = `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`;
  return { ...delivery, headers: { ...delivery.headers, [header]: forged } };
}

/** Spaces after the JSON text, which is still JSON. */
function padded({ body }: Draft) {
  const larger = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20);
  larger.set(body.subarray(0, larger.length));
  return { body: larger };
}

/** A byte that UTF-8 never uses, inside the last string. */
function withStrayByte({ body }: Draft) {
  const at = body.lastIndexOf(0x22);
  return { body: new Uint8Array([...body.subarray(0, at), 0xff, ...body.subarray(at)]) };
}
