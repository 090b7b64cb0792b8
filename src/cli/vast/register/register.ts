// `webhooks register`. Everything that can be checked is checked before Vast.ai changes anything;
// what fails afterwards is undone, or named together with the way to finish.
import type { Command } from 'commander';
import { MAX_WEBHOOKS, type Webhook, type WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure } from '../../cli-failure.ts';
import { withExamples } from '../../command-line.ts';
import { isSameUrl, secureTargetOf } from '../../target.ts';
import {
  type Action,
  addSetupOptions,
  connectToVast,
  expectOk,
  type SetupDeps,
  type SetupOptions,
  setupDeps,
} from '../connect.ts';
import { isSwitching } from '../rotate/rotation-record.ts';
import { completeSwitch } from '../rotate/switch-secret.ts';
import { checkEvents, contextOf, expandLive, slugOf } from '../webhooks/event-keys.ts';
import { testOnce, testUntilDelivered } from '../webhooks/provider-test.ts';
import { checkName } from '../webhooks/webhooks-commands.ts';
import { confirmedTest } from '../worker/confirm-in-ledger.ts';
import { hasSecret } from '../worker/worker-client.ts';
import { addSecret, adoptWebhook, createWebhook, left, storeFirstSecret } from './new-webhook.ts';

interface Options extends SetupOptions {
  readonly url: string;
  readonly endpoint?: string;
  readonly events: string;
  readonly name?: string;
  /** Store the new secret although the endpoint has one, beside it. */
  readonly replaceSecret?: boolean;
}

const HELP_END = `
Checks the Worker, registers the webhook, stores its secret, waits until the Worker knows it, has Vast.ai deliver a
test event, and with OPS_TOKEN looks for it in the ledger. After an interruption, run it again: it goes on from there.
Security-critical types (group "account") are only included by name.`;

const EXAMPLES = [
  '--url https://vastai-webhooks.example.workers.dev --events billing,instance',
  '--url https://hooks.example.com --endpoint host --events host --name machines',
  '--url https://w.example.com --events billing --wrangler "npx wrangler --env staging"',
] as const;

export function addRegisterCommand(webhooks: Command, action: Action): void {
  const command = withExamples(webhooks.command('register'), ...EXAMPLES)
    .description('from a deployed Worker to a verified test event')
    .requiredOption('--url <url>', "the Worker's address, or the whole webhook URL")
    .requiredOption('--events <list>', 'groups (billing, instance, host, all), slugs or full keys, separated by commas')
    .option('--endpoint <name>', 'a path and secret of its own, for example host')
    .option('--name <text>', 'how Vast.ai shows it')
    .option('--replace-secret', 'store a secret although the endpoint has one, beside it');
  addSetupOptions(command).addHelpText('after', HELP_END);
  action<Options>(command, async (context, options) => {
    const target = secureTargetOf(options.url, options.endpoint);
    checkName(options.name);
    checkEvents(options.events);
    const deps = setupDeps(context, await connectToVast(context), target, options);
    const { webhook, slot: secret, created, eventId, confirmation } = await register(deps, options);
    const { id, webhook_url: url, event_types: events } = webhook;
    const { endpoint } = target;
    const arrived =
      confirmation.kind === 'in_ledger'
        ? `The test event is in the ledger (${confirmation.id}, ${confirmation.status}).`
        : `Vast.ai says that its test was delivered. The ledger was not asked: ${confirmation.because}.`;
    context.output.result(
      { webhook: { id, url, events }, created, endpoint, secret, testEventId: eventId ?? null, confirmation },
      [arrived, `Done: webhook ${id} delivers ${events.length} event types to ${target.url}.`],
    );
  });
}

/** @throws CliFailure; unfinished where a webhook is left at Vast.ai, with what to do about it. */
async function register(deps: SetupDeps, options: Options) {
  const { output, records, target } = deps;
  output.say(`Checking ${target.worker}`);
  const isSecretSet = await hasSecret(deps.worker);
  const fields = await fieldsOf(deps, options);
  const webhooks = expectOk(await deps.api.list(), 'list the webhooks');
  const same = webhooks.find((webhook) => isSameUrl(webhook.webhook_url, target.url));
  // An interrupted run has opened the window for this one to go on in.
  const interrupted = isSwitching(records.read(target.url));
  const replaces = options.replaceSecret || interrupted;

  if (same) checkSameEvents(same, fields);
  // Where Vast.ai's test arrives, the Worker knows the secret: there is nothing to replace.
  const isKnown = async (id: number) => !interrupted && (await testOnce(deps.api, id)).kind === 'delivered';
  if (same && isSecretSet && (!replaces || (await isKnown(same.id)))) {
    output.say(`Already registered as webhook ${same.id}, and the endpoint has a secret: verifying it.`);
    return verify(deps, same, target.slots[0], false);
  }
  if (!same && webhooks.length >= MAX_WEBHOOKS) {
    throw new CliFailure(`All of Vast.ai's ${MAX_WEBHOOKS} webhooks are taken: delete one first (\`webhooks list\`).`);
  }
  if (isSecretSet && !replaces) {
    throw new CliFailure(
      `Endpoint "${target.endpoint}" already has a secret, so another webhook may be using it. Use --endpoint <name> ` +
        'for a path and secret of its own, or --replace-secret to add one beside it.',
    );
  }

  const obtain = () => (same ? adoptWebhook(deps, same) : createWebhook(deps, fields, webhooks));
  if (!isSecretSet) {
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

async function fieldsOf({ api, output, target }: SetupDeps, options: Options): Promise<WebhookFields> {
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
  const outcome = await confirmedTest(deps, () => testUntilDelivered(deps.api, webhook.id, deps.surroundings));
  if (outcome.kind !== 'delivered') throw left(webhook, `${outcome.sentence}.`);
  const { eventId, confirmation } = outcome;
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
