// Where a webhook and its secret come from: created, or taken over from an interrupted run.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { VastApi, Webhook, WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { isSameUrl } from '../../target.ts';
import { rotateAtVast } from '../rotate/rotate-at-vast.ts';
import type { SetupDeps } from '../setup.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

/** Registers. Where the outcome is unknown, the list tells: a blind retry could register twice. */
export async function createWebhook(deps: SetupDeps, fields: WebhookFields, earlier: readonly Webhook[]) {
  const { api, output, surroundings } = deps;
  output.say(`Registering ${fields.webhook_url} for ${fields.event_types.length} event types`);
  const created = await api.create(fields);
  if (created.ok) return { webhook: created.value, secret: created.value.webhook_secret };
  const trouble = describeApiFailure(created.failure, 'register the webhook');
  if (!mayHaveHappened(created.failure)) throw new CliFailure(trouble);

  await surroundings.sleep(2_000);
  const listed = await api.list();
  if (!listed.ok) {
    const unknown = 'Whether it was registered is unknown: run the same command again to complete it.';
    throw new CliFailure(`${trouble} ${unknown}`, EXIT.unfinished);
  }
  const known = new Set(earlier.map(({ id }) => id));
  const found = listed.value.find(({ id, webhook_url: url }) => !known.has(id) && isSameUrl(url, fields.webhook_url));
  if (!found) throw new CliFailure(`${trouble} It was not registered.`);
  return withNewSecret(api, found, surroundings);
}

/** Takes over a webhook whose secret the Worker never had. */
export async function adoptWebhook({ api, output, surroundings }: SetupDeps, webhook: Webhook) {
  output.say(`Webhook ${webhook.id} is registered, but the Worker lacks its secret: asking for a new one`);
  return withNewSecret(api, webhook, surroundings);
}

async function withNewSecret(api: VastApi, webhook: Webhook, surroundings: Surroundings) {
  const { secret } = await rotateAtVast(api, webhook.id, surroundings).catch((error: unknown) => {
    throw left(webhook, `its secret is not at the Worker. ${messageOf(error)}`);
  });
  return { webhook, secret };
}

/** A failure that leaves a webhook behind: how to finish, and how to undo. */
export function left(webhook: Webhook, what: string): CliFailure {
  return new CliFailure(
    `Webhook ${webhook.id} is registered, but ${what} To finish: fix that, then run the same command again ` +
      `(with --replace-secret if the endpoint has another secret). To undo: \`webhooks delete ${webhook.id}\`.`,
    EXIT.unfinished,
  );
}
