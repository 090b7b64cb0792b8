// Did the provider's test event reach the ledger? That proves that queue and consumer work, too.
import { TEST_TYPE } from '../../../event/catalogue.ts';
import type { SetupDeps } from '../connect.ts';
import type { LedgerEvent, OpsClient } from './ops-client.ts';
import { PROBE_ID_PREFIX } from './worker-client.ts';

/** For how long to look, in milliseconds: a batch may wait, a handler may take its time. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 2_000;
const LISTED = 50;

export type Confirmation =
  | { readonly kind: 'in_ledger'; readonly id: string; readonly status: string }
  | { readonly kind: 'not_found' }
  /** No token, or no use of the ops API: the test call's answer has to do. */
  | { readonly kind: 'not_looked'; readonly because: string };

export type LedgerDeps = Pick<SetupDeps, 'ops' | 'output' | 'surroundings' | 'target'>;

/** The ids to compare with afterwards. Empty where the ledger cannot be asked. */
export async function idsInLedger(ops: OpsClient | undefined): Promise<ReadonlySet<string>> {
  const recent = await ops?.recent(LISTED);
  return new Set(recent?.ok ? recent.value.map((event) => event.id) : []);
}

/** @param eventId The provider's id of its test, where its answer says. */
export async function confirmInLedger(
  { ops, output, surroundings, target: { endpoint } }: LedgerDeps,
  eventId: string | undefined,
  knownIds: ReadonlySet<string>,
): Promise<Confirmation> {
  if (!ops) return { kind: 'not_looked', because: 'no OPS_TOKEN is given' };
  output.say(`Waiting up to ${PATIENCE_MS / 1000} s until it is in the ledger.`);
  const giveUpAt = surroundings.now() + PATIENCE_MS;
  for (;;) {
    // The list comes first: its 404 means a closed API, that of a single event only "not yet".
    const recent = await ops.recent(LISTED);
    if (!recent.ok) return { kind: 'not_looked', because: recent.failure };
    const found = eventId === undefined ? newTest(recent.value) : await find(ops, eventId, endpoint);
    if (found) return { kind: 'in_ledger', id: found.id, status: found.status };
    if (surroundings.now() >= giveUpAt) return { kind: 'not_found' };
    await surroundings.sleep(PAUSE_MS);
  }

  /** Whatever test event the ledger did not know before is the one. */
  function newTest(events: readonly LedgerEvent[]): LedgerEvent | undefined {
    return events.find(({ id, type }) => type === TEST_TYPE && !id.startsWith(PROBE_ID_PREFIX) && !knownIds.has(id));
  }
}

async function find(ops: OpsClient, eventId: string, endpoint: string) {
  const single = await ops.event(eventId, endpoint);
  return single.ok ? single.value : undefined;
}

export function describeConfirmation(confirmation: Confirmation): string {
  switch (confirmation.kind) {
    case 'in_ledger':
      return `The test event is in the ledger (${confirmation.id}, ${confirmation.status}).`;
    case 'not_found':
      return 'The test event is not in the ledger.';
    case 'not_looked':
      return `Vast.ai says that its test was delivered. The ledger was not asked: ${confirmation.because}.`;
  }
}
