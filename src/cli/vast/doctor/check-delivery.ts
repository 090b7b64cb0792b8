// Doctor's proof: Vast.ai delivers a test, signed with the secret that it uses now. The ledger
// shows whether it came through; without OPS_TOKEN, the test call's own answer has to do.
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { describeTest, type TestOutcome, testOnce } from '../webhooks/provider-test.ts';
import { type Confirmation, confirmInLedger, idsInLedger, type LedgerDeps } from '../worker/confirm-in-ledger.ts';
import type { WorkerAnswer } from '../worker/worker-client.ts';
import { about, type Finding } from './finding.ts';

export interface DeliveryDeps extends LedgerDeps {
  readonly api: VastApi;
  /** How the endpoint has answered our own unsigned delivery. */
  readonly door: WorkerAnswer['kind'];
}

export async function checkDelivery(deps: DeliveryDeps, webhook: Webhook): Promise<Finding> {
  const { fine, problem, warning } = about('delivery');
  const { outcome, confirmation } = await deliverTest(deps, webhook);
  switch (outcome.kind) {
    case 'delivered':
      if (confirmation?.kind === 'in_ledger') return fine(`Vast.ai's test is in the ledger, ${confirmation.status}`);
      if (confirmation?.kind !== 'not_found') return fine('Vast.ai says that its test was delivered');
      return problem(
        "Vast.ai's test was accepted, but is not in the ledger after a minute",
        'The queue consumer does not run, or its ledger fails: see `npx wrangler tail`.',
      );
    case 'refused':
      return refusedFinding(deps, webhook);
    case 'unavailable':
      return problem(
        describeTest(outcome),
        `Complete the rotation: \`webhooks rotate --id ${webhook.id}\`. Without one, see \`npx wrangler tail\`.`,
      );
    case 'not_made':
      return warning(describeTest(outcome), 'Run doctor again.');
  }
}

/** Has Vast.ai deliver one test event and, where it was accepted, looks for it in the ledger. */
export async function deliverTest(
  deps: DeliveryDeps,
  { id }: Webhook,
): Promise<{ outcome: TestOutcome; confirmation?: Confirmation }> {
  const known = await idsInLedger(deps.ops);
  const outcome = await testOnce(deps.api, id);
  if (outcome.kind !== 'delivered') return { outcome };
  return { outcome, confirmation: await confirmInLedger(deps, outcome.eventId, known) };
}

/** Vast.ai does not say which answer it got: what we see ourselves narrows it down. */
function refusedFinding({ door, target }: DeliveryDeps, { id }: Webhook): Finding {
  const { problem } = about('delivery');
  const refused = "Vast.ai's test was refused for good";
  if (door !== 'invalid_signature') return problem(refused, 'Fix the endpoint first (above), then run doctor again.');
  const lacks = `the Worker lacks the secret of webhook ${id}`;
  const rotate = `\`webhooks rotate --id ${id}\``;
  // A zone of Cloudflare's own has no rules of yours.
  if (new URL(target.url).hostname.endsWith('.workers.dev')) return problem(`${refused}: ${lacks}`, `${rotate}.`);
  return problem(
    `${refused}, though our own probe gets through: ${lacks}, or this zone's bot protection answers Vast.ai 403`,
    `Run \`npx wrangler tail\` and \`webhooks test ${id}\`. A line webhook.refused means the secret: ${rotate}. ` +
      'No line means the zone: add a WAF rule that skips bot checks for /webhooks/*.',
  );
}
