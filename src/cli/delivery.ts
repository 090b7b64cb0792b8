// A delivery as Vast.ai would make it: a body from the samples, signed by the real signer. No I/O,
// no clock: the caller sends it, or tampers with it first.
import type { SignedDialect } from '../event/dialect.ts';
import { sampleOf } from '../event/samples.ts';
import { schemes } from '../signature/schemes.ts';
import { signDelivery } from '../signature/sign.ts';

const encoder = new TextEncoder();

/** A delivery before it is signed. */
export interface Draft {
  readonly id: string;
  readonly type: string;
  readonly dialect: SignedDialect;
  readonly body: Uint8Array<ArrayBuffer>;
  /** When it claims to be sent, in whole seconds since the epoch. */
  readonly timestamp: number;
}

/** What goes over the wire. */
export interface Delivery extends Draft {
  readonly headers: Readonly<Record<string, string>>;
}

type DraftOptions = Parameters<typeof sampleOf>[1] & {
  readonly type: string;
  /** Sent byte for byte, in place of a sample. */
  readonly body?: string | undefined;
};

export function draftDelivery({ type, body, ...options }: DraftOptions): Draft {
  const sample = sampleOf(type, options);
  const bytes = new Uint8Array(encoder.encode(body ?? sample.body));
  return { id: options.id, type, dialect: sample.dialect, body: bytes, timestamp: Math.floor(options.now / 1000) };
}

/** Signs a draft. The `notification` dialect has further headers, which are not signed. */
export async function signDraft(draft: Draft, secret: string): Promise<Delivery> {
  const signature = await signDelivery(schemes[draft.dialect], secret, String(draft.timestamp), draft.body);
  const unsigned = draft.dialect === 'notification' && { 'X-Vast-Event-Id': draft.id, 'X-Vast-Delivery-Attempt': '1' };
  const always = { 'Content-Type': 'application/json', 'User-Agent': 'vastai-webhook-worker-trigger/1.0' };
  return { ...draft, headers: { ...always, ...signature, ...unsigned } };
}

/** A command for a POSIX shell that sends the same, the body byte for byte; it must be UTF-8. */
export function asCurl(url: string, { headers, body }: Delivery): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  const options = Object.entries(headers).map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`);
  // Not --data: it takes a body that begins with @ for the name of a file.
  return [`curl ${quoted(url)}`, ...options, `--data-raw ${quoted(text)}`].join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
