// Runs events again because somebody asked for it: reopen, send, and undo what could not be sent.
import type { AnyEvent } from '../event/envelope.ts';
import { parseEvent } from '../event/parse.ts';
import { substituteId } from '../event/substitute-id.ts';
import { REPLAY_AT_ONCE } from '../limits.ts';
import { log } from '../log.ts';
import { decodeMessage, encodeMessage } from '../queue/message.ts';
import type { EventPage, EventRecord, Queries } from './queries.ts';
import type { EventKey } from './store.ts';
import type { ReopenRefusal } from './transitions.ts';
import type { Writer } from './writer.ts';

export type ReplayAnswer = EventKey &
  (
    | { readonly kind: 'queued' }
    | { readonly kind: 'refused'; readonly reason: ReopenRefusal }
    | { readonly kind: 'failed'; readonly error: string }
  );

export interface ReplayStep {
  readonly answers: readonly ReplayAnswer[];
  /** Give it back for the next step; null once nothing older matches. */
  readonly cursor: number | null;
}

/** Puts an event into the queue; resolves with the error text where that failed. */
type Send = (event: { readonly event: string; readonly receivedAt: number }) => Promise<string | undefined>;

/**
 * Replays one event; one that could not be read before is read again first. If everything stops
 * between reopening and sending, the row stays `queued` and the watchdog sends it.
 */
export async function replay(queries: Queries, writer: Writer, key: EventKey, send: Send): Promise<ReplayAnswer> {
  const record = queries.get(key);
  const readable = record?.event === null ? await reread(record) : undefined;
  if (readable && !writer.adopt(key, readable, Date.now())) {
    return { endpoint: key.endpoint, id: key.id, kind: 'refused', reason: 'already_processed' };
  }
  const { endpoint, id } = readable ?? key;
  const reopened = writer.reopen({ endpoint, id }, Date.now());
  if (reopened.kind === 'refused') return { endpoint, id, kind: 'refused', reason: reopened.reason };
  const error = await send({ event: reopened.event, receivedAt: reopened.before.receivedAt });
  if (error === undefined) {
    log('event.replayed', { id: key.id, endpoint: key.endpoint });
    return { endpoint, id, kind: 'queued' };
  }
  writer.undoReopen(reopened, Date.now());
  return { endpoint, id, kind: 'failed', error };
}

/**
 * Replays a page of events. Stops early where sending fails, with a cursor that comes back to it: a
 * queue that is down would refuse the rest as well.
 */
export async function replayMany(
  page: EventPage,
  replayOne: (key: EventKey) => Promise<ReplayAnswer>,
): Promise<ReplayStep> {
  const answers: ReplayAnswer[] = [];
  for (let start = 0; start < page.events.length; start += REPLAY_AT_ONCE) {
    const events = page.events.slice(start, start + REPLAY_AT_ONCE);
    const group = await Promise.all(events.map((event) => replayOne(event)));
    answers.push(...group);
    if (group.some(({ kind }) => kind === 'failed')) return { answers, cursor: (events[0]?.seq ?? 0) + 1 };
  }
  return { answers, cursor: page.cursor };
}

/** The event in a row that has none yet, or undefined where this version cannot read it either. */
async function reread(record: EventRecord): Promise<AnyEvent | undefined> {
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
