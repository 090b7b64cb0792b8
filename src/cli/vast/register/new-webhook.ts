// Where a new webhook and its secret come from: created, or taken over from an interrupted run. And
// where the secret goes: into the first slot of an endpoint that has none, else beside the other.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { Webhook, WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, messageOf, usage } from '../../cli-failure.ts';
import { isSameUrl } from '../../target.ts';
import { RIGHT_WORKER, type SetupDeps } from '../connect.ts';
import { planRotation } from '../rotate/rotation-plan.ts';
import { rotateAtVast, switchSecret } from '../rotate/switch-secret.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';

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
  return adoptWebhook(deps, found);
}

/** Takes over a webhook whose secret the Worker never had. */
export async function adoptWebhook({ api, output, surroundings }: SetupDeps, webhook: Webhook) {
  output.say(`Webhook ${webhook.id} is registered, but the Worker lacks its secret: asking for a new one`);
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

type Obtain = () => Promise<{ readonly webhook: Webhook; readonly secret: string }>;

/** Nothing can be lost: until the Worker knows a secret, it answers 503, and Vast.ai retries. */
export async function storeFirstSecret(deps: SetupDeps, obtain: Obtain, created: boolean): Promise<Webhook> {
  const { output, surroundings, target } = deps;
  const [slot] = target.slots;
  // The secret is shown once: interrupted before it is stored, nobody could verify this webhook.
  const { webhook, secret } = await surroundings.uninterrupted(async () => {
    const made = await obtain();
    output.protect(made.secret);
    output.say(`Storing the secret as ${slot}`);
    await storeOrUndo(deps, made.webhook, slot, made.secret, created);
    deps.records.write(target.url, { current: slot });
    return made;
  });
  output.say('Waiting until the Worker knows it');
  const answer = await waitForWorker(() => deps.worker.signed(secret), 'ok', deps);
  if (answer.kind === 'ok') return webhook;
  throw left(webhook, `its secret is stored as ${slot}, but ${answer.sentence}. ${RIGHT_WORKER}`);
}

/**
 * Stores the secret beside the one that the endpoint has: that one may have signed what is still to
 * be retried, or belong to another webhook that delivers here.
 */
export async function addSecret(deps: SetupDeps, obtain: Obtain) {
  const { records, store, target } = deps;
  const set = await store.list();
  const plan = planRotation({ slots: target.slots, set, record: records.read(target.url), again: true });
  if (plan.do === 'switch') {
    const { webhook } = await switchSecret(deps, plan, !set.has(plan.target), obtain);
    return { webhook, current: plan.current, slot: plan.target };
  }
  const [first, second] = target.slots;
  if (!set.has(first)) throw new CliFailure(`The Worker has a secret, but wrangler lists none. ${RIGHT_WORKER}`);
  const advice = 'Delete the one that nothing delivers with (`npx wrangler secret delete <name>`), and run this again.';
  throw usage(`${first} and ${second} are both set, and either may be in use. ${advice}`);
}

/** Stores the secret. Where that fails, it deletes what this run has created. */
async function storeOrUndo(deps: SetupDeps, webhook: Webhook, slot: string, secret: string, ours: boolean) {
  try {
    await deps.store.put(slot, secret);
  } catch (error) {
    if (!ours) throw left(webhook, `${messageOf(error)}.`);
    const removed = await deps.api.remove(webhook.id);
    if (!removed.ok) throw left(webhook, `${messageOf(error)}. ${describeApiFailure(removed.failure, 'undo that')}`);
    throw new CliFailure(`${messageOf(error)}. The registration is undone; nothing is left.`);
  }
}
