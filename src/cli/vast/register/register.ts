// `webhooks register`. Everything that can be checked is checked before Vast.ai changes anything;
// what fails afterwards is undone, or named together with the way to finish.
import { MAX_WEBHOOKS, type Webhook, type WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure } from '../../cli-failure.ts';
import { isSameUrl } from '../../target.ts';
import type { SetupDeps } from '../connect.ts';
import { expectOk } from '../connect.ts';
import { isSwitching } from '../rotate/rotation-record.ts';
import { completeSwitch } from '../rotate/switch-secret.ts';
import { contextOf, expandLive, slugOf } from '../webhooks/event-keys.ts';
import { describeTest, testOnce, testUntilDelivered } from '../webhooks/provider-test.ts';
import { confirmInLedger, idsInLedger } from '../worker/confirm-in-ledger.ts';
import { describeAnswer } from '../worker/worker-client.ts';
import { addSecret, adoptWebhook, createWebhook, left, storeFirstSecret } from './new-webhook.ts';

export interface RegisterOptions {
  readonly events: string;
  readonly name?: string;
  /** Store the new secret although the endpoint has one, beside it. */
  readonly replaceSecret?: boolean;
}

/** @throws CliFailure; unfinished where a webhook is left at Vast.ai, with what to do about it. */
export async function register(deps: SetupDeps, options: RegisterOptions) {
  const { output, records, target } = deps;
  output.say(`Checking ${target.worker}`);
  const hasSecret = await checkWorker(deps);
  const fields = await fieldsOf(deps, options);
  const webhooks = expectOk(await deps.api.list(), 'list the webhooks');
  const same = webhooks.find((webhook) => isSameUrl(webhook.webhook_url, target.url));
  // An interrupted run has opened the window for this one to go on in.
  const interrupted = isSwitching(records.read(target.url));
  const replaces = options.replaceSecret || interrupted;

  if (same) checkSameEvents(same, fields);
  // Where Vast.ai's test arrives, the Worker knows the secret: there is nothing to replace.
  const isKnown = async (id: number) => !interrupted && (await testOnce(deps.api, id)).kind === 'delivered';
  if (same && hasSecret && (!replaces || (await isKnown(same.id)))) {
    output.say(`Already registered as webhook ${same.id}, and the endpoint has a secret: verifying it.`);
    return verify(deps, same, target.slots[0], false);
  }
  if (!same && webhooks.length >= MAX_WEBHOOKS) {
    throw new CliFailure(`All of Vast.ai's ${MAX_WEBHOOKS} webhooks are taken: delete one first (\`webhooks list\`).`);
  }
  if (hasSecret && !replaces) {
    throw new CliFailure(
      `Endpoint "${target.endpoint}" already has a secret, so another webhook may be using it. Use --endpoint <name> ` +
        'for a path and secret of its own, or --replace-secret to add one beside it.',
    );
  }

  const obtain = () => (same ? adoptWebhook(deps, same) : createWebhook(deps, fields, webhooks));
  if (!hasSecret) {
    const webhook = await storeFirstSecret(deps, obtain, !same);
    return verify(deps, webhook, target.slots[0], !same);
  }
  const { webhook, current, slot } = await addSecret(deps, obtain);
  const result = await verify(deps, webhook, slot, !same);
  await completeSwitch(deps, { current: slot });
  output.say(`${current} still verifies what was signed with the old secret, by whatever webhook.`);
  output.say(`Once nothing is, delete it: \`webhooks rotate --url ${target.url} --finish --current ${slot}\`.`);
  return result;
}

/** Whether the endpoint has a secret. @throws CliFailure unless it is this Worker that answers. */
export async function checkWorker({ worker, target }: SetupDeps): Promise<boolean> {
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

/** @param created False where an earlier run had registered it already. */
async function verify(deps: SetupDeps, webhook: Webhook, slot: string, created: boolean) {
  deps.output.say('Having Vast.ai deliver a test event');
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

/** Vast.ai may list slugs where it takes full keys. */
function checkSameEvents({ id, event_types: listed }: Webhook, { event_types: wanted }: WebhookFields): void {
  const isIn = (keys: readonly string[]) => (key: string) =>
    keys.some((other) => other === key || other === slugOf(key) || slugOf(other) === key);
  if (wanted.every(isIn(listed)) && listed.every(isIn(wanted))) return;
  throw new CliFailure(`This URL is webhook ${id}, with other event types: \`webhooks update ${id} --events …\`.`);
}
