// Doctor's checks at Vast.ai: is this URL registered, and for what?
import { describeApiFailure } from '../../../vast/api-failure.ts';
import { MAX_WEBHOOKS, type VastApi, type Webhook } from '../../../vast/vast-api.ts';
import { isSameUrl, type Target } from '../../target.ts';
import { isSecurityCritical } from '../webhooks/event-keys.ts';
import { about, type Finding } from './finding.ts';

export async function checkVast(api: VastApi | undefined, target: Target): Promise<Finding[]> {
  const { problem, skipped } = about('registration');
  if (!api) return [skipped('To check what Vast.ai has registered, set VAST_API_KEY.')];
  const listed = await api.list();
  if (!listed.ok) {
    return [problem(describeApiFailure(listed.failure, 'ask Vast.ai'), 'Fix that first, then run doctor again.')];
  }
  const webhooks = listed.value;
  const ours = webhooks.filter((webhook) => isSameUrl(webhook.webhook_url, target.url));
  return [
    registrationFinding(ours, webhooks, target),
    ...ours.flatMap(criticalFindings),
    limitFinding(webhooks.length),
  ];
}

function registrationFinding(ours: readonly Webhook[], all: readonly Webhook[], target: Target): Finding {
  const { fine, problem } = about('registration');
  const [one] = ours;
  if (one) return fine(`${target.url} is webhook ${one.id}, ${one.event_types.length} event types`);
  const near = all.find((webhook) => hostOf(webhook.webhook_url) === hostOf(target.url));
  if (near) {
    const fix = `Point it here: \`webhooks update ${near.id} --url ${target.url}\`, or check the other address.`;
    return problem(`Vast.ai delivers to ${near.webhook_url} (webhook ${near.id}), not to ${target.url}`, fix);
  }
  return problem(`Vast.ai knows no webhook at ${target.url}`, 'Register it: `webhooks register`.');
}

function criticalFindings(webhook: Webhook): Finding[] {
  const critical = webhook.event_types.filter(isSecurityCritical);
  if (critical.length === 0) return [];
  const fix = 'Their text can hold a link into your account. Remove them, unless you need them here.';
  return [about('security').warning(`subscribed to security-critical types: ${critical.join(', ')}`, fix)];
}

function limitFinding(count: number): Finding {
  const { fine, warning } = about('limit');
  const found = `${count} of ${MAX_WEBHOOKS} webhooks in use`;
  if (count < MAX_WEBHOOKS) return fine(found);
  return warning(found, 'Delete one that you no longer need before you register another.');
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
