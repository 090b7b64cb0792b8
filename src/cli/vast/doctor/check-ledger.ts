// Doctor's checks of the ledger: what became of deliveries, and whether they have stopped.
import { isWebhook } from '../../../event/catalogue.ts';
import { MIN_OPS_TOKEN_LENGTH, SILENT_AFTER_MS } from '../../../limits.ts';
import { isPublished } from '../../../published-secrets.ts';
import type { Target } from '../../target.ts';
import type { LedgerEvent, OpsClient } from '../worker/ops-client.ts';
import { about, type Finding } from './finding.ts';

const RECENT = 50;
const DAY_MS = 86_400_000;

/**
 * @param token The `OPS_TOKEN` with which `ops` asks.
 * @param now Milliseconds since the epoch.
 */
export async function checkLedger(
  ops: OpsClient | undefined,
  token: string | undefined,
  { local }: Target,
  now: number,
): Promise<Finding[]> {
  const { warning, skipped } = about('deliveries');
  if (!ops || token === undefined) return [skipped('To read the ledger, set OPS_TOKEN.')];
  const store = 'Store the same at the Worker: `npx wrangler secret put OPS_TOKEN`.';
  const unfit = isPublished(token) ? 'published' : token.length < MIN_OPS_TOKEN_LENGTH && 'too short';
  if (unfit && !local) {
    const fix = `Use one of your own, of at least ${MIN_OPS_TOKEN_LENGTH} characters. ${store}`;
    return [warning(`OPS_TOKEN is ${unfit}: the Worker then serves no ops page`, fix)];
  }
  const recent = await ops.recent(RECENT);
  if (!recent.ok) return [warning(recent.failure.why, store)];
  return [deliveriesFinding(recent.value), silenceFinding(recent.value, now)];
}

function deliveriesFinding(events: readonly LedgerEvent[]): Finding {
  const { fine, warning } = about('deliveries');
  const byStatus = Map.groupBy(events, ({ status }) => status);
  if (events.length === 0) return warning('none yet', 'Have one sent: `webhooks test <id>`.');
  const summary = [...byStatus].map(([status, { length }]) => `${length} ${status}`).join(', ');
  const found = `of the last ${events.length}: ${summary}`;
  if (!byStatus.has('dead') && !byStatus.has('quarantined')) return fine(found);
  return warning(found, 'Look at them on /ops, and replay those that should run again.');
}

function silenceFinding(events: readonly LedgerEvent[], now: number): Finding {
  const { fine, warning } = about('silence');
  const fix = 'If something should have happened since, compare the subscribed types and the preferences.';
  const last = events.find(isWebhook);
  if (!last) return warning(`no webhook but tests among the last ${RECENT} events`, fix);
  const silentMs = now - last.receivedAt;
  const days = Math.floor(silentMs / DAY_MS);
  return silentMs < SILENT_AFTER_MS
    ? fine(`the last webhook came ${days} days ago`)
    : warning(`nothing for ${days} days`, fix);
}
