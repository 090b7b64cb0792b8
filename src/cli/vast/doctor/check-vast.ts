// Doctor's checks at Vast.ai: is this URL registered, for what, and does a test come through?
import { describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { isSameUrl } from '../../target.ts';
import { contextOf, isSecurityCritical, slugOf } from '../webhooks/event-keys.ts';
import { testOnce } from '../webhooks/provider-test.ts';
import { confirmedTest, type LedgerDeps } from '../worker/confirm-in-ledger.ts';
import type { WorkerAnswer } from '../worker/worker-client.ts';
import { registerFix } from './check-worker.ts';
import { about, type Finding } from './finding.ts';

interface VastDeps extends LedgerDeps {
  readonly api: VastApi;
  /** How the endpoint has answered our own unsigned delivery. */
  readonly door: WorkerAnswer['kind'];
}

export async function checkVast(deps: VastDeps): Promise<Finding[]> {
  const { api, target } = deps;
  const { problem } = about('registration');
  const listed = await api.list();
  if (!listed.ok) {
    return [problem(describeApiFailure(listed.failure, 'ask Vast.ai'), 'Fix that first, then run doctor again.')];
  }
  const webhooks = listed.value;
  const ours = webhooks.filter((webhook) => isSameUrl(webhook.webhook_url, target.url));
  const [one] = ours;
  if (!one) return [await absentFinding(deps, webhooks)];
  return [
    about('registration').fine(`${target.url} is webhook ${one.id}, ${one.event_types.length} event types`),
    ...ours.flatMap(criticalFindings),
    await checkPreferences(api, one),
    await checkDelivery(deps, one),
  ];
}

/** A move is safe only if the Worker has the webhook's secret: its test in the ledger proves it. */
async function absentFinding(deps: VastDeps, all: readonly Webhook[]): Promise<Finding> {
  const { problem } = about('registration');
  const { target } = deps;
  const near = all.find((webhook) => hostOf(webhook.webhook_url) === hostOf(target.url));
  if (!near) return problem(`Vast.ai knows no webhook at ${target.url}`, registerFix(target));
  const found = `Vast.ai delivers to ${near.webhook_url} (webhook ${near.id}), not to ${target.url}`;
  const test = deps.ops && (await confirmedTest(deps, () => testOnce(deps.api, near.id)));
  if (test?.kind === 'delivered' && test.confirmation.kind === 'in_ledger') {
    return problem(found, `Move it: \`webhooks update ${near.id} --url ${target.url}\`.`);
  }
  const why = 'Do not move it: this endpoint is not known to have its secret, and would refuse its events for good.';
  return problem(found, `${why} ${registerFix(target)}`);
}

function criticalFindings(webhook: Webhook): Finding[] {
  const critical = webhook.event_types.filter(isSecurityCritical);
  if (critical.length === 0) return [];
  const fix = 'Their text can hold a link into your account. Remove them, unless you need them here.';
  return [about('security').warning(`subscribed to security-critical types: ${critical.join(', ')}`, fix)];
}

/** Vast.ai sends a type only while its webhook channel is on. Read-only. */
async function checkPreferences(api: VastApi, webhook: Webhook): Promise<Finding> {
  const { fine, problem, skipped } = about('preferences');
  const { event_types: subscribed, user_id: user } = webhook;
  if (user === undefined) return skipped('The list of webhooks does not say whose they are.');
  const answer = await api.preferences(user);
  if (!answer.ok) {
    const why = describeApiFailure(answer.failure, 'read the notification preferences');
    return skipped(`${why} It takes the scope user_read.`);
  }
  // A list may answer with slugs: then every context counts that has it.
  const isOff = (key: string) =>
    Object.entries(answer.value).some(
      ([context, types]) => [context, ''].includes(contextOf(key)) && types[slugOf(key)]?.webhooks === false,
    );
  const off = subscribed.filter(isOff);
  if (off.length === 0) return fine(`no subscribed type of webhook ${webhook.id} is switched off`);
  const fix = 'Switch their webhook channel on: https://cloud.vast.ai/account/, Notification Settings.';
  return problem(`the webhook channel is off, so nothing is sent, for ${off.join(', ')}`, fix);
}

/**
 * The proof: Vast.ai delivers a test, signed with the secret that it uses now. The ledger shows
 * whether it came through; without OPS_TOKEN, the test call's own answer has to do.
 */
async function checkDelivery(deps: VastDeps, webhook: Webhook): Promise<Finding> {
  const { fine, problem, warning } = about('delivery');
  const outcome = await confirmedTest(deps, () => testOnce(deps.api, webhook.id));
  switch (outcome.kind) {
    case 'delivered':
      if (outcome.confirmation.kind === 'in_ledger')
        return fine(`Vast.ai's test is in the ledger, ${outcome.confirmation.status}`);
      if (outcome.confirmation.kind === 'not_looked') return fine('Vast.ai says that its test was delivered');
      return problem(
        "Vast.ai's test was accepted, but is not in the ledger after a minute",
        'The queue consumer does not run, or its ledger fails: see `npx wrangler tail`.',
      );
    case 'refused':
      return refusedFinding(deps, webhook);
    case 'unavailable':
      return problem(
        outcome.sentence,
        `Complete the rotation: \`webhooks rotate --id ${webhook.id}\`. Without one, see \`npx wrangler tail\`.`,
      );
    case 'not_made':
      return warning(outcome.sentence, 'Run doctor again.');
  }
}

/** Vast.ai does not say which answer it got: what we see ourselves narrows it down. */
function refusedFinding({ door, target }: VastDeps, { id }: Webhook): Finding {
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

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
