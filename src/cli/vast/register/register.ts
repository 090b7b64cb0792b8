// `webhooks register`. Everything that can be checked is checked before Vast.ai changes anything;
// what fails afterwards is undone, or named together with the way to finish.
import { MAX_WEBHOOKS, type Webhook, type WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure } from '../../cli-failure.ts';
import { isSameUrl } from '../../target.ts';
import { expectOk } from '../connect.ts';
import { RIGHT_WORKER, type SetupDeps } from '../setup.ts';
import { contextOf } from '../webhooks/event-keys.ts';
import { describeTest, testUntilDelivered } from '../webhooks/provider-test.ts';
import { expandLive } from '../webhooks/webhooks-commands.ts';
import { type Confirmation, confirmInLedger, idsInLedger } from '../worker/confirm-in-ledger.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';
import { describeAnswer } from '../worker/worker-client.ts';
import { adoptWebhook, createWebhook, left, storeOrUndo } from './create-webhook.ts';

export interface RegisterOptions {
  readonly events: string;
  readonly name?: string;
  /** Store the new secret even though the endpoint has one. */
  readonly replaceSecret?: boolean;
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
export async function register(deps: SetupDeps, options: RegisterOptions): Promise<RegisterResult> {
  const { output, surroundings, target } = deps;
  output.say(`1/5 Checking ${target.worker}`);
  const hasSecret = await checkWorker(deps);
  const fields = await fieldsOf(deps, options);
  const webhooks = expectOk(await deps.api.list(), 'list the webhooks');
  const same = webhooks.find((webhook) => isSameUrl(webhook.webhook_url, target.url));
  const slot = target.slots[0];

  if (same && hasSecret && !options.replaceSecret) {
    checkSameEvents(same, fields);
    output.say(`2/5 Already registered as webhook ${same.id}, and the endpoint has a secret: verifying it.`);
    return verify(deps, same, slot, false);
  }
  if (!same && webhooks.length >= MAX_WEBHOOKS) {
    throw new CliFailure(`All of Vast.ai's ${MAX_WEBHOOKS} webhooks are taken: delete one first (\`webhooks list\`).`);
  }
  if (hasSecret && !options.replaceSecret) {
    throw new CliFailure(
      `Endpoint "${target.endpoint}" already has a secret, so another webhook may be using it. Use --endpoint <name> ` +
        'for a path and secret of its own, or --replace-secret if nothing else delivers here.',
    );
  }

  // The secret is shown once: interrupted before it is stored, nobody could verify this webhook.
  const { webhook, secret } = await surroundings.uninterrupted(async () => {
    const made = same ? await adoptWebhook(deps, same) : await createWebhook(deps, fields, webhooks);
    output.protect(made.secret);
    output.say(`3/5 Storing the secret as ${slot}`);
    await storeOrUndo(deps, made.webhook, slot, made.secret, !same);
    deps.records.write(target.url, { current: slot });
    return made;
  });

  output.say('4/5 Waiting until the Worker knows it');
  const answer = await waitForWorker(() => deps.worker.signed(secret), 'ok', deps);
  if (answer.kind !== 'ok') {
    throw left(webhook, `its secret is stored as ${slot}, but ${describeAnswer(answer, target.url)}. ${RIGHT_WORKER}`);
  }
  return verify(deps, webhook, slot, !same);
}

/** Whether the endpoint has a secret. @throws CliFailure unless it is this Worker that answers. */
async function checkWorker({ worker, target }: SetupDeps): Promise<boolean> {
  const health = (await worker.health()).answer;
  if (health.kind !== 'ok' && health.kind !== 'not_configured') {
    throw new CliFailure(`${describeAnswer(health, `${target.worker}/health`)}. \`doctor\` says what to do about it.`);
  }
  const delivery = (await worker.unsigned()).answer;
  switch (delivery.kind) {
    case 'not_configured':
      return false;
    case 'invalid_signature':
    case 'unavailable':
      return true;
    default:
      throw new CliFailure(`${describeAnswer(delivery, target.url)}. \`doctor\` says what to do about it.`);
  }
}

async function fieldsOf({ api, output, target }: SetupDeps, options: RegisterOptions): Promise<WebhookFields> {
  const { name, events } = options;
  const keys = await expandLive(api, events);
  if (new Set(keys.map(contextOf)).size > 1) {
    const advice = 'use one webhook for each to tell them apart.';
    output.warn(`this mixes client and host types. Two slugs exist in both: ${advice}`);
  }
  return { webhook_url: target.url, event_types: keys, ...(name !== undefined && { name }) };
}

async function verify(deps: SetupDeps, webhook: Webhook, slot: string, created: boolean): Promise<RegisterResult> {
  deps.output.say('5/5 Having Vast.ai deliver a test event');
  const knownIds = await idsInLedger(deps.ops);
  const outcome = await testUntilDelivered(deps.api, webhook.id, deps.surroundings);
  if (outcome.kind !== 'delivered') throw left(webhook, `${describeTest(outcome)}.`);
  const { eventId } = outcome;
  const confirmation = await confirmInLedger(deps, eventId, knownIds);
  if (confirmation.kind === 'not_found') {
    throw left(webhook, 'its test was accepted, but did not reach the ledger: see the queue consumer in the log.');
  }
  return { webhook, slot, created, eventId, confirmation };
}

function checkSameEvents(webhook: Webhook, fields: WebhookFields): void {
  const wanted = new Set(fields.event_types);
  if (wanted.symmetricDifference(new Set(webhook.event_types)).size === 0) return;
  const { id } = webhook;
  throw new CliFailure(`This URL is webhook ${id}, with other event types: \`webhooks update ${id} --events …\`.`);
}
