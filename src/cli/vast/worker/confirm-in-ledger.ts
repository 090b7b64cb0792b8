// Does the provider's test event reach the ledger? That proves that queue and consumer work, too.
import { TEST_TYPE } from '../../../event/catalogue.ts';
import type { SetupDeps } from '../connect.ts';
import type { TestOutcome } from '../webhooks/provider-test.ts';
import type { LedgerEvent, OpsClient } from './ops-client.ts';
import { PROBE_ID_PREFIX } from './worker-client.ts';

/** For how long to look, in milliseconds: a batch may wait, a handler may take its time. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 2_000;
const LISTED = 50;

type Confirmation =
  | { readonly kind: 'in_ledger'; readonly id: string; readonly status: string }
  | { readonly kind: 'not_found' }
  /** No token, or no use of the ops API: the test call's answer has to do. */
  | { readonly kind: 'not_looked'; readonly because: string };

export type LedgerDeps = Pick<SetupDeps, 'ops' | 'output' | 'surroundings' | 'target'>;

/** Has a test made and, where the Worker accepted it, looks for it in the ledger. */
export async function confirmedTest(deps: LedgerDeps, test: () => Promise<TestOutcome>) {
  const before = await deps.ops?.recent(LISTED);
  const outcome = await test();
  if (outcome.kind !== 'delivered') return outcome;
  const known = new Set(before?.ok ? before.value.map(({ id }) => id) : []);
  return { ...outcome, confirmation: await confirm(deps, outcome.eventId, known) };
}

/** @param eventId The provider's id of its test, where its answer says. */
async function confirm(
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
    if (!recent.ok) return { kind: 'not_looked', because: recent.failure.why };
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
