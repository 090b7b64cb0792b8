// Reads one event from the ledger, with its type: an envelope holds `unknown`, which the types of RPC do not admit.
import type { Bindings } from '../env.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import type { EventRecord } from '../ledger/queries.ts';

export async function readEvent(bindings: Pick<Bindings, 'LEDGER'>, id: string): Promise<EventRecord | null> {
  return (await openLedger(bindings).get(id)) as EventRecord | null;
}
