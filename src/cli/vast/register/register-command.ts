// The command line of `webhooks register`; what it does is in register.ts.
import type { Command } from 'commander';
import { secureTargetOf } from '../../target.ts';
import type { Action } from '../action.ts';
import { connectToVast } from '../connect.ts';
import { addSetupOptions, type SetupOptions, setupDeps } from '../setup.ts';
import { checkedName } from '../webhooks/webhooks-commands.ts';
import { describeConfirmation } from '../worker/confirm-in-ledger.ts';
import { register } from './register.ts';

interface Options extends SetupOptions {
  readonly url: string;
  readonly events: string;
  readonly endpoint?: string;
  readonly name?: string;
  readonly replaceSecret?: boolean;
}

const HELP_END = `
Checks the Worker, registers the webhook, stores its secret, waits until the Worker knows it, has Vast.ai deliver a
test event, and with OPS_TOKEN looks for it in the ledger. After an interruption, run it again: it goes on from there.
Security-critical types (group "account") are only included by name.

Examples:
  npm run vast -- webhooks register --url https://vastai-webhooks.example.workers.dev --events billing,instance
  npm run vast -- webhooks register --url https://hooks.example.com --endpoint host --events host --name machines
  npm run vast -- webhooks register --url https://w.example.com --events outbid --wrangler "npx wrangler --env staging"`;

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
  addSetupOptions(command).addHelpText('after', HELP_END);
  command.action(
    action<Options>(async (context, options) => {
      const target = secureTargetOf(options.url, options.endpoint);
      const name = checkedName(options.name);
      const deps = setupDeps(context, await connectToVast(context), target, options);
      const result = await register(deps, {
        events: options.events,
        name,
        replaceSecret: options.replaceSecret === true,
      });
      const { webhook, slot, created, eventId, confirmation } = result;
      context.output.result(
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
