// Asks the ledger which events of a batch may run, and how long the answer is good for.
import { askLedger } from '../ledger/client.ts';
import type { ClaimRequest } from '../ledger/protocol.ts';
import { HANDLER_TIMEOUT_MS, LEASE_MS, LEDGER_TIMEOUT_MS, LEDGER_TRIES } from '../limits.ts';
import type { ConsumerDeps, Item } from './deps.ts';

/** How far into its lease a handler may start, with time left to finish and to report. */
const LATEST_START_MS = LEASE_MS - HANDLER_TIMEOUT_MS - LEDGER_TRIES * LEDGER_TIMEOUT_MS;

/** Each item with the ledger's answer. */
export function claimEvents(claim: string, items: readonly Item[], { env }: ConsumerDeps) {
  return askLedger(env, items, (ledger) => ledger.claim(claim, items.map(requestOf)));
}

/** @param askedAt When the claims were asked for, in milliseconds since the epoch. */
export function isTooLateToStart(askedAt: number): boolean {
  return Date.now() - askedAt > LATEST_START_MS;
}

function requestOf({ message, sent }: Item): ClaimRequest {
  const { id, type, endpoint } = sent.event;
  return { messageId: message.id, id, type, endpoint, receivedAt: sent.receivedAt, event: JSON.stringify(sent.event) };
}
