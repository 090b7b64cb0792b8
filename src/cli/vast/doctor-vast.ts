// Doctor's look at Vast.ai's side: is this URL registered, for what, and does that fit the handlers?
import { type ApiFailure, describeApiFailure } from './api-failure.ts';
import { catalogueKeys, isSecurityCritical, slugOf } from './event-keys.ts';
import { type Finding, fine, problem, skipped, warning } from './finding.ts';
import { MAX_WEBHOOKS, type VastApi, type Webhook } from './vast-api.ts';
import { isSameUrl, type WebhookTarget } from './webhook-url.ts';

/** @param handled Types with a handler of their own; absent where they cannot be read. */
export async function checkVast(
  api: VastApi | undefined,
  target: WebhookTarget,
  handled: ReadonlySet<string> | undefined,
): Promise<Finding[]> {
  if (!api) return [skipped('registration', 'To have Vast.ai asked, put the API key into VAST_API_KEY.')];
  const listed = await api.list();
  if (!listed.ok) return [apiTrouble(listed.failure)];
  const webhooks = listed.value;
  const ours = webhooks.filter((webhook) => isSameUrl(webhook.webhook_url, target.url));
  return [
    registrationFinding(ours, webhooks, target),
    ...(ours.length > 0 ? [handlersFinding(webhooks, target, handled)] : []),
    ...ours.flatMap(criticalFindings),
    limitFinding(webhooks.length),
  ];
}

function apiTrouble(failure: ApiFailure): Finding {
  return problem('registration', describeApiFailure(failure, 'ask Vast.ai'), 'Cure that first, then run doctor again.');
}

function registrationFinding(ours: readonly Webhook[], all: readonly Webhook[], target: WebhookTarget): Finding {
  const [one] = ours;
  if (one) return fine('registration', `${target.url} is webhook ${one.id}`);
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

/** The handlers serve all endpoints of a Worker, so what any webhook at this host brings counts. */
function handlersFinding(
  all: readonly Webhook[],
  target: WebhookTarget,
  handled: ReadonlySet<string> | undefined,
): Finding {
  if (!handled) {
    return skipped('subscriptions', 'Run it in the project, or say with --handlers where your handlers are.');
  }
  const here = all.filter((webhook) => hostOf(webhook.webhook_url) === hostOf(target.url));
  const subscribed = new Set(here.flatMap((webhook) => webhook.event_types.map(slugOf)));
  const subscribable = new Set(catalogueKeys.map(slugOf));
  const idle = [...handled].filter((type) => subscribable.has(type) && !subscribed.has(type));
  if (idle.length === 0) return fine('subscriptions', `${subscribed.size} types, every handler's among them`);
  return warning(
    'subscriptions',
    `no webhook brings what these handlers wait for: ${idle.join(', ')}`,
    'Subscribe to them: `webhooks update <id> --events …` (the whole list, it replaces the old one).',
  );
}

function criticalFindings(webhook: Webhook): Finding[] {
  const critical = webhook.event_types.filter(isSecurityCritical);
  if (critical.length === 0) return [];
  return [
    warning(
      'security',
      `subscribed to security-critical types: ${critical.join(', ')}`,
      'Their text can hold a link into your account. Unless you need them here, take them out.',
    ),
  ];
}

function limitFinding(count: number): Finding {
  const found = `${count} of ${MAX_WEBHOOKS} webhooks in use`;
  return count >= MAX_WEBHOOKS
    ? warning('limit', found, 'No further one can be registered; delete one that you no longer need.')
    : fine('limit', found);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
