// Doctor's checks at Vast.ai: is this URL registered, and for what?
import { describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { isSameUrl } from '../../target.ts';
import { contextOf, isSecurityCritical, slugOf } from '../webhooks/event-keys.ts';
import { checkDelivery, type DeliveryDeps, deliverTest } from './check-delivery.ts';
import { registerFix } from './check-worker.ts';
import { about, type Finding } from './finding.ts';

export async function checkVast(deps: DeliveryDeps): Promise<Finding[]> {
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
async function absentFinding(deps: DeliveryDeps, all: readonly Webhook[]): Promise<Finding> {
  const { problem } = about('registration');
  const { target } = deps;
  const near = all.find((webhook) => hostOf(webhook.webhook_url) === hostOf(target.url));
  if (!near) return problem(`Vast.ai knows no webhook at ${target.url}`, registerFix(target));
  const found = `Vast.ai delivers to ${near.webhook_url} (webhook ${near.id}), not to ${target.url}`;
  const { confirmation } = deps.ops ? await deliverTest(deps, near) : {};
  if (confirmation?.kind === 'in_ledger') {
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

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
