// The command line of `webhooks register`; what it does stands in register.ts.
import type { Command } from 'commander';
import { describeConfirmation } from './confirm-in-ledger.ts';
import { connectToOps, connectToVast } from './connect.ts';
import type { Action } from './program.ts';
import { register } from './register.ts';
import { createRotationRecords, rotationRecordsPath } from './rotation-record.ts';
import { addPutOptions, type SecretOptions } from './secret-options.ts';
import { createSecretStore, secretCommands } from './secret-store.ts';
import { webhookTarget } from './webhook-url.ts';
import { checkedName } from './webhooks-commands.ts';
import { createWorkerClient } from './worker-client.ts';

interface Options extends SecretOptions {
  readonly url: string;
  readonly events: string;
  readonly endpoint?: string;
  readonly name?: string;
  readonly replaceSecret?: boolean;
  readonly json?: boolean;
}

const HELP_END = `
Checks the Worker, registers the webhook, stores its secret, waits until the Worker knows it, has Vast.ai deliver a
test, and with OPS_TOKEN looks for it in the ledger. Interrupted, it goes on where it stopped when run again.
Security-critical types (group "account") are only included by name.

Examples:
  npm run vast -- webhooks register --url https://vastai-webhooks.example.workers.dev --events billing,instance
  npm run vast -- webhooks register --url https://hooks.example.com --endpoint host --events host --name machines
  npm run vast -- webhooks register --url https://hooks.example.com --events outbid --put-secret "npx wrangler secret put --env production"`;

export function addRegisterCommand(webhooks: Command, action: Action): void {
  const command = webhooks
    .command('register')
    .description('from a deployed Worker to a verified test event')
    .requiredOption('--url <url>', "the Worker's address, or the whole webhook URL")
    .requiredOption('--events <list>', 'groups (billing, instance, host, all), slugs or full keys, separated by commas')
    .option('--endpoint <name>', 'a path and secret of its own, for example host')
    .option('--name <text>', 'how Vast.ai shows it')
    .option('--replace-secret', 'store the secret even though the endpoint has one')
    .option('--json', 'one JSON object on stdout');
  addPutOptions(command).addHelpText('after', HELP_END);
  command.action(
    action<Options>(async ({ surroundings, output }, options) => {
      const target = webhookTarget(options.url, options.endpoint);
      const name = checkedName(options.name);
      const api = await connectToVast(surroundings, output);
      const result = await register(
        {
          surroundings,
          output,
          api,
          worker: createWorkerClient(surroundings, target),
          store: createSecretStore(secretCommands(options), surroundings, output),
          records: createRotationRecords(rotationRecordsPath(surroundings.env)),
          ops: connectToOps(surroundings, output, target),
        },
        {
          target,
          events: options.events,
          name,
          replaceSecret: options.replaceSecret === true,
          settleSeconds: options.settle,
        },
      );
      const { webhook, slot, created, eventId, confirmation } = result;
      output.result(
        {
          webhook: { id: webhook.id, url: webhook.webhook_url, events: webhook.event_types },
          created,
          endpoint: target.endpoint,
          secret: slot,
          testEventId: eventId ?? null,
          confirmation,
        },
        [
          describeConfirmation(confirmation),
          `Done: webhook ${webhook.id} delivers ${webhook.event_types.length} event types to ${target.url}.`,
        ],
      );
    }),
  );
}
