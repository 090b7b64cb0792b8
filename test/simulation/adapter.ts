// Everything of the model that knows how the code under test names, keys and stores an event. An
// event is its endpoint and its id, and nowhere else does the model say how that is spelt.
import type { AnyEvent } from '../../src/event/envelope.ts';
import type { LedgerStub } from '../../src/ledger/client.ts';
import type { Status } from '../../src/ledger/status.ts';
import type { Storage } from './sqlite.ts';

/**
 * An event by the name that the model gives it: `<id>` at the default endpoint, `<endpoint>:<id>`
 * elsewhere.
 */
export type Key = string;

const DEFAULT = 'default';

export function keyOf({ endpoint, id }: { readonly endpoint: string; readonly id: string }): Key {
  return endpoint === DEFAULT ? id : `${endpoint}:${id}`;
}

function partsOf(key: Key): { readonly endpoint: string; readonly id: string } {
  const [first = '', second] = key.split(':');
  return second === undefined ? { endpoint: DEFAULT, id: first } : { endpoint: first, id: second };
}

/** The event that a KV key marks as queued; undefined for every other key. */
export function markedBy(kvKey: string): Key | undefined {
  const [, endpoint = DEFAULT, id] = /^vastai:event(?:@([^:]+))?:(.*)$/.exec(kvKey) ?? [];
  return id === undefined ? undefined : keyOf({ endpoint, id });
}

/** The event in a queue message, whatever version wrote it. */
export const eventIn = (body: string): Key => parsed(body).key;
export const isNewer = (body: string): boolean => parsed(body).version >= NEWER;

/** The last bodies that were asked about: each is asked about often. */
const known = new Map<string, { readonly key: Key; readonly version: number }>();
const MOST_KNOWN = 1_000;

function parsed(body: string): { readonly key: Key; readonly version: number } {
  const before = known.get(body);
  if (before) return before;
  if (known.size === MOST_KNOWN) known.clear();
  type Message = { readonly version: number; readonly kind: string; readonly event?: AnyEvent } & AnyEvent;
  const message = JSON.parse(body) as Message;
  const event = message.kind === 'event' && message.event ? message.event : message;
  const answer = { key: keyOf(event), version: message.version };
  known.set(body, answer);
  return answer;
}

/** The version of a Worker that is ahead of this one. */
const NEWER = 1_000;

/** A message as a newer Worker writes it, and as that Worker reads it. */
export const asNewer = (body: string): string => body.replace(/"version":\d+/, `"version":${NEWER}`);
export const asOurs = (body: string, ours: number): string => body.replace(`"version":${NEWER}`, `"version":${ours}`);

/** What the ledger holds of an event, read past the platform. */
export interface Stored {
  readonly status: Status;
  readonly run: number;
  readonly attempts: number;
  readonly holder: string | null;
  /** The envelope. */
  readonly event: string | null;
}

export function stored({ sql }: Storage, key: Key): Stored | undefined {
  const { endpoint, id } = partsOf(key);
  return sql
    .exec<{ status: Status; run: number; attempts: number; holder: string | null; event: string | null }>(
      `SELECT e.status, e.run, e.attempts, e.holder, d.event FROM events AS e JOIN deliveries AS d ON d.seq = e.seq
       WHERE e.id = ? AND e.endpoint = ?`,
      id,
      endpoint,
    )
    .toArray()[0];
}

/** Rows that somebody still has to move. */
export function unfinishedRows({ sql }: Storage): string[] {
  return sql
    .exec<{ id: string; endpoint: string; status: string }>(
      "SELECT id, endpoint, status FROM events WHERE status IN ('processing', 'retrying', 'queued')",
    )
    .toArray()
    .map((row) => `${keyOf(row)} is ${row.status}`);
}

/** Asks the ledger to replay one event. @returns Whether it promised to. */
export async function replayOne(ledger: LedgerStub, key: Key): Promise<boolean> {
  const { id, endpoint } = partsOf(key);
  const [answer] = await ledger.replay([id], endpoint);
  return answer?.kind === 'queued';
}

/** Asks it to replay all that are dead. @returns Those that it promised to. */
export async function replayDead(ledger: LedgerStub): Promise<Key[]> {
  const { answers } = await ledger.replayMany({ status: 'dead' }, null, 100);
  return answers.flatMap((answer) => (answer.kind === 'queued' ? [keyOf(answer)] : []));
}
