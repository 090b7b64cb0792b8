// Reads once more what an earlier version could not read: a message from the queue, or a delivery's
// raw body.
import type { AnyEvent } from '../event/envelope.ts';
import { parseEvent } from '../event/parse.ts';
import { substituteId } from '../event/substitute-id.ts';
import { decodeMessage, encodeMessage } from '../queue/message.ts';
import type { EventRecord } from './queries.ts';

/** The event in a row that has none yet, or undefined where it cannot be read now either. */
export async function reread(record: EventRecord): Promise<AnyEvent | undefined> {
  const event = await eventIn(record);
  // What no message can carry is kept without an envelope: even to write it may be too much.
  const isSendable = event && encodeMessage({ kind: 'event', event, receivedAt: record.receivedAt }).ok;
  return isSendable ? event : undefined;
}

async function eventIn({ endpoint, refusal }: EventRecord): Promise<AnyEvent | undefined> {
  if (refusal === null) return undefined;
  const body = Uint8Array.fromBase64(refusal.body);
  // A delivery has the headers that it was proven by.
  if (Object.keys(refusal.headers).length === 0) {
    const message = decodeMessage(new TextDecoder().decode(body));
    return message.ok ? message.value.event : undefined;
  }
  // Its signature was proven when it was kept, and the kept headers say by which dialect.
  const dialect = 'x-vast-signature-256' in refusal.headers ? 'notification' : 'resource';
  const timestamp = refusal.headers[dialect === 'notification' ? 'x-vast-timestamp' : 'x-vastai-timestamp'] ?? '0';
  const delivery = { dialect, body, timestamp: Number(timestamp) } as const;
  const parsed = parseEvent({ ...delivery, substituteId: await substituteId(dialect, timestamp, body) }, endpoint);
  return parsed.ok ? parsed.value : undefined;
}
