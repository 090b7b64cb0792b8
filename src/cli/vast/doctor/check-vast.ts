// Doctor's checks at Vast.ai: is this URL registered, and for what?
import { type ApiFailure, describeApiFailure } from '../../../vast/api-failure.ts';
import { MAX_WEBHOOKS, type VastApi, type Webhook } from '../../../vast/vast-api.ts';
import { isSameUrl, type Target } from '../../target.ts';
import { isSecurityCritical } from '../webhooks/event-keys.ts';
import { type Finding, fine, problem, skipped, warning } from './finding.ts';

export async function checkVast(api: VastApi | undefined, target: Target): Promise<Finding[]> {
  if (!api) return [skipped('registration', 'To check what Vast.ai has registered, set VAST_API_KEY.')];
  const listed = await api.list();
  if (!listed.ok) return [apiTrouble(listed.failure)];
  const webhooks = listed.value;
  const ours = webhooks.filter((webhook) => isSameUrl(webhook.webhook_url, target.url));
  return [
    registrationFinding(ours, webhooks, target),
    ...ours.flatMap(criticalFindings),
    limitFinding(webhooks.length),
  ];
}

function apiTrouble(failure: ApiFailure): Finding {
  return problem('registration', describeApiFailure(failure, 'ask Vast.ai'), 'Fix that first, then run doctor again.');
}

function registrationFinding(ours: readonly Webhook[], all: readonly Webhook[], target: Target): Finding {
  const [one] = ours;
  if (one) return fine('registration', `${target.url} is webhook ${one.id}, ${one.event_types.length} event types`);
  const near = all.find((webhook) => hostOf(webhook.webhook_url) === hostOf(target.url));
  if (near) {
    return problem(
      'registration',
      `Vast.ai delivers to ${near.webhook_url} (webhook ${near.id}), not to ${target.url}`,
      `Point it here (\`webhooks update ${near.id} --url ${target.url}\`), or check this one with \`doctor --url ${near.webhook_url}\`.`,
    );
  }
  return problem('registration', `Vast.ai knows no webhook at ${target.url}`, 'Register it: `webhooks register`.');
}

function criticalFindings(webhook: Webhook): Finding[] {
  const critical = webhook.event_types.filter(isSecurityCritical);
  if (critical.length === 0) return [];
  return [
    warning(
      'security',
      `subscribed to security-critical types: ${critical.join(', ')}`,
      'Their text can hold a link into your account. Remove them, unless you need them here.',
    ),
  ];
}

function limitFinding(count: number): Finding {
  const found = `${count} of ${MAX_WEBHOOKS} webhooks in use`;
  return count >= MAX_WEBHOOKS
    ? warning('limit', found, 'Delete one that you no longer need before you register another.')
    : fine('limit', found);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
