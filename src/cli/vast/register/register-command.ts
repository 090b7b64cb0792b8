// The command line of `webhooks register`; what it does is in register.ts.
import type { Command } from 'commander';
import { secureTargetOf } from '../../target.ts';
import { type Action, addSetupOptions, connectToVast, type SetupOptions, setupDeps } from '../connect.ts';
import { checkEvents } from '../webhooks/event-keys.ts';
import { checkName } from '../webhooks/webhooks-commands.ts';
import { describeConfirmation } from '../worker/confirm-in-ledger.ts';
import { type RegisterOptions, register } from './register.ts';

interface Options extends SetupOptions, RegisterOptions {
  readonly url: string;
  readonly endpoint?: string;
}

const HELP_END = `
Checks the Worker, registers the webhook, stores its secret, waits until the Worker knows it, has Vast.ai deliver a
test event, and with OPS_TOKEN looks for it in the ledger. After an interruption, run it again: it goes on from there.
Security-critical types (group "account") are only included by name.

Examples:
  npm run vast -- webhooks register --url https://vastai-webhooks.example.workers.dev --events billing,instance
  npm run vast -- webhooks register --url https://hooks.example.com --endpoint host --events host --name machines
  npm run vast -- webhooks register --url https://w.example.com --wrangler "npx wrangler --env staging"`;

export function addRegisterCommand(webhooks: Command, action: Action): void {
  const command = webhooks
    .command('register')
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
    context.output.result(
      { webhook: { id, url, events }, created, endpoint, secret, testEventId: eventId ?? null, confirmation },
      [
        describeConfirmation(confirmation),
        `Done: webhook ${id} delivers ${events.length} event types to ${target.url}.`,
      ],
    );
  });
}
