// What became of test events after their answer: asks the Worker's ledger until each has come to
// rest, or has failed once.
import { hash } from 'node:crypto';
import { parseEvent } from '../event/parse.ts';
import type { Delivery } from './delivery.ts';
import { sayIfSlow } from './say-if-slow.ts';
import type { Exchange } from './send.ts';
import type { Target } from './target.ts';
import type { ActionContext } from './vast/connect.ts';
import type { LedgerEvent, OpsClient } from './vast/worker/ops-client.ts';

/** For how long to ask, in milliseconds: the queue collects, and a handler has 30 s. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = { here: 500, elsewhere: 2_000 };
const LISTED = 100;
const AT_REST: ReadonlySet<string> = new Set(['processed', 'retrying', 'dead', 'quarantined']);

/** An event whose delivery was accepted or kept, and its row once there is one. */
export interface Followed {
  readonly id: string;
  /** Whether a copy was answered as one. */
  readonly duplicate: boolean;
  row?: LedgerEvent | undefined;
}

/** Each event once, in the order of its first delivery. What was refused unkept leaves no trace. */
export function followedOf(exchanges: readonly Exchange[], { endpoint }: Target): Followed[] {
  const followed = new Map<string, Followed>();
  for (const { planned, answer } of exchanges) {
    const kept =
      answer.status === 200 || answer.status === 400 || answer.fields.error === 'Timestamp outside tolerance';
    if (!kept) continue;
    const id = ledgerId(planned.delivery, endpoint);
    followed.set(id, { id, duplicate: answer.fields.duplicate === true || (followed.get(id)?.duplicate ?? false) });
  }
  return [...followed.values()];
}

/** The id under which the Worker keeps a delivery (event/substitute-id.ts, edge/quarantine.ts). */
function ledgerId({ dialect, timestamp, body }: Delivery, endpoint: string): string {
  const sha256 = (bytes: Uint8Array) => `sha256:${hash('sha256', bytes)}`;
  const signed = Buffer.concat([Buffer.from(`${timestamp}.`), body]);
  const parsed = parseEvent({ dialect, body, timestamp, substituteId: sha256(signed) }, endpoint);
  return parsed.ok ? parsed.value.id : sha256(body);
}

/**
 * Fills in each event's row, until all have come to rest or patience ends.
 *
 * @returns Why the ledger cannot be asked, if it cannot.
 */
export async function follow(
  followed: readonly Followed[],
  ops: OpsClient,
  { endpoint, local }: Target,
  { surroundings: { now, sleep }, output }: ActionContext,
): Promise<string | undefined> {
  const giveUpAt = now() + PATIENCE_MS;
  const unsettled = () => followed.filter(({ row }) => !AT_REST.has(row?.status ?? ''));
  const ask = async () => {
    for (;;) {
      // The list first: its 404 means a closed API, that of a single event only "not yet".
      const listed = await ops.recent(LISTED);
      if (!listed.ok) return listed.failure.why;
      for (const event of unsettled()) {
        event.row = listed.value.find((row) => row.id === event.id && (row.endpoint ?? endpoint) === endpoint);
        const isDetailed = event.row === undefined ? listed.value.length === LISTED : event.row.status === 'retrying';
        const single = isDetailed ? await ops.event(event.id, endpoint) : undefined;
        if (single?.ok) event.row = single.value;
      }
      if (unsettled().length === 0 || now() >= giveUpAt) return undefined;
      await sleep(local ? PAUSE_MS.here : PAUSE_MS.elsewhere);
    }
  };
  const words = () => {
    const ended = followed.length - unsettled().length;
    return `waiting up to ${PATIENCE_MS / 1000} s for the queue and the handlers: ${ended} of ${followed.length} done`;
  };
  return sayIfSlow(ask(), words, output.warn);
}

/** Whether no handler has failed, as far as is known, and nothing is unknown. */
export function endedWell({ row }: Followed): boolean {
  return row?.status === 'processed' || row?.status === 'quarantined';
}
