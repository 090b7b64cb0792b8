// `webhooks register`: from a deployed Worker to a verified test event. Everything that can be known beforehand is checked
// before Vast.ai is asked for anything; what fails afterwards is undone, or named together with the way to finish.
import { toCliFailure } from './api-failure.ts';
import { CliFailure } from './cli-failure.ts';
import { type Confirmation, confirmInLedger, idsInLedger } from './confirm-in-ledger.ts';
import { adoptWebhook, createWebhook, left, storeOrUndo } from './create-webhook.ts';
import { contextOf, expandEvents } from './event-keys.ts';
import type { OpsClient } from './ops-client.ts';
import type { Output } from './output.ts';
import { describeTest, testUntilDelivered } from './provider-test.ts';
import type { RotationRecords } from './rotation-record.ts';
import type { SecretStore } from './secret-store.ts';
import type { Surroundings } from './surroundings.ts';
import { MAX_WEBHOOKS, type VastApi, type Webhook, type WebhookFields } from './vast-api.ts';
import { waitForWorker } from './wait-for-worker.ts';
import { isSameUrl, type WebhookTarget } from './webhook-url.ts';
import { describeAnswer, type WorkerClient } from './worker-client.ts';

export interface RegisterDeps {
  readonly surroundings: Surroundings;
  readonly output: Output;
  readonly api: VastApi;
  readonly worker: WorkerClient;
  readonly store: SecretStore;
  readonly records: RotationRecords;
  /** Absent where no `OPS_TOKEN` is given. */
  readonly ops: OpsClient | undefined;
}

export interface RegisterOptions {
  readonly target: WebhookTarget;
  readonly events: string;
  readonly name: string | undefined;
  /** Store the new secret even though the endpoint has one. */
  readonly replaceSecret: boolean;
  readonly settleSeconds: number;
}

export interface RegisterResult {
  readonly webhook: Webhook;
  readonly slot: string;
  /** False where an earlier run had registered it already. */
  readonly created: boolean;
  readonly eventId: string | undefined;
  readonly confirmation: Confirmation;
}

/** @throws CliFailure; unfinished where a webhook is left at Vast.ai, with what to do about it. */
export async function register(deps: RegisterDeps, options: RegisterOptions): Promise<RegisterResult> {
  const { output, surroundings } = deps;
  const { target } = options;
  output.say(`1/5 Looking at ${target.worker}`);
  const hasSecret = await checkWorker(deps, target);
  const fields = await fieldsOf(deps, options);
  const registered = await registeredAt(deps.api, target.url);
  const slot = target.slots[0];

  if (registered.same && hasSecret && !options.replaceSecret) {
    checkSameEvents(registered.same, fields);
    output.say(`2/5 Already registered as webhook ${registered.same.id}, and the endpoint has a secret: verifying it.`);
    return verify(deps, registered.same, { slot, created: false });
  }
  if (!registered.same && registered.count >= MAX_WEBHOOKS) {
    throw new CliFailure(
      `Vast.ai allows ${MAX_WEBHOOKS} webhooks and all are taken: delete one first (\`webhooks list\`).`,
    );
  }
  if (hasSecret && !options.replaceSecret) {
    throw new CliFailure(
      `Endpoint "${target.endpoint}" already has a secret, so another webhook may be using it. Take --endpoint <name> for a path and secret of its own, or --replace-secret if nothing else delivers here.`,
    );
  }

  // An interrupt between the secret's only showing and its storing would leave a webhook that nobody can verify.
  const { webhook, secret } = await surroundings.uninterrupted(async () => {
    const made = registered.same
      ? await adoptWebhook(deps, registered.same)
      : await createWebhook(deps, fields, new Set(registered.ids));
    output.protect(made.secret);
    output.say(`3/5 Storing the secret as ${slot}`);
    await storeOrUndo(deps, made.webhook, slot, made.secret, !registered.same);
    deps.records.write(target.url, { current: slot });
    return made;
  });

  output.say('4/5 Waiting until the Worker knows it');
  const answer = await waitForWorker(() => deps.worker.signed(secret), 'ok', surroundings, options);
  if (answer.kind !== 'ok') {
    throw left(
      webhook,
      `its secret is stored as ${slot}, but ${describeAnswer(answer, target.url)}. Does the secret command write to the Worker behind this URL (the name in wrangler.toml)?`,
    );
  }
  return verify(deps, webhook, { slot, created: !registered.same });
}

/** Whether the endpoint has a secret. @throws CliFailure unless it is this Worker that answers, at both addresses. */
async function checkWorker({ worker }: RegisterDeps, target: WebhookTarget): Promise<boolean> {
  const health = (await worker.health()).answer;
  if (health.kind !== 'ok' && health.kind !== 'not_configured') {
    throw new CliFailure(`${describeAnswer(health, `${target.worker}/health`)}. \`doctor\` tells what to do about it.`);
  }
  const delivery = (await worker.unsigned()).answer;
  switch (delivery.kind) {
    case 'not_configured':
      return false;
    case 'invalid_signature':
    case 'unavailable':
      return true;
    default:
      throw new CliFailure(`${describeAnswer(delivery, target.url)}. \`doctor\` tells what to do about it.`);
  }
}

async function fieldsOf({ api, output }: RegisterDeps, options: RegisterOptions): Promise<WebhookFields> {
  const types = await api.types();
  if (!types.ok) throw toCliFailure(types.failure, 'list the event types');
  const liveKeys = types.value.map((type) => type.key);
  const keys = expandEvents(options.events, liveKeys);
  if (new Set(keys.map(contextOf)).size > 1) {
    output.warn('this mixes client and host types. Two slugs exist in both; one webhook per context tells them apart.');
  }
  return {
    webhook_url: options.target.url,
    event_types: keys,
    ...(options.name !== undefined && { name: options.name }),
  };
}

async function registeredAt(api: VastApi, url: string) {
  const webhooks = await api.list();
  if (!webhooks.ok) throw toCliFailure(webhooks.failure, 'list the webhooks');
  return {
    same: webhooks.value.find((webhook) => isSameUrl(webhook.webhook_url, url)),
    count: webhooks.value.length,
    ids: webhooks.value.map((webhook) => webhook.id),
  };
}

async function verify(
  deps: RegisterDeps,
  webhook: Webhook,
  { slot, created }: Pick<RegisterResult, 'slot' | 'created'>,
): Promise<RegisterResult> {
  deps.output.say('5/5 Having Vast.ai deliver a test event');
  const knownIds = await idsInLedger(deps.ops);
  const outcome = await testUntilDelivered(deps.api, webhook.id, deps.surroundings);
  if (outcome.kind !== 'delivered') throw left(webhook, `${describeTest(outcome)}.`);
  const { eventId } = outcome;
  const confirmation = await confirmInLedger(deps.ops, { eventId, knownIds }, deps.surroundings);
  if (confirmation.kind === 'not_found') {
    throw left(
      webhook,
      'its test was accepted, but the event did not reach the ledger: see the queue consumer in the log.',
    );
  }
  return { webhook, slot, created, eventId, confirmation };
}

function checkSameEvents(webhook: Webhook, fields: WebhookFields): void {
  const wanted = new Set(fields.event_types);
  if (wanted.symmetricDifference(new Set(webhook.event_types)).size === 0) return;
  throw new CliFailure(
    `This URL is registered as webhook ${webhook.id} with other event types. Change them with \`webhooks update ${webhook.id} --events …\`.`,
  );
}
