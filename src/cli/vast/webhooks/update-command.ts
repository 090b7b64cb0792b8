// The command line of `webhooks update`. What changes the URL is in move-webhook.ts.
import type { Command } from 'commander';
import type { WebhookFields } from '../../../vast/vast-api.ts';
import { usage } from '../../cli-failure.ts';
import { columns } from '../../columns.ts';
import { secureTargetOf } from '../../target.ts';
import { type Action, connectToVast, expectOk } from '../connect.ts';
import { addSetupOptions, type SetupOptions, setupDeps } from '../setup.ts';
import { checkEvents } from './event-keys.ts';
import { moveWebhook } from './move-webhook.ts';
import { checkName, expandLive, forOne, row, shown } from './webhooks-commands.ts';

interface UpdateOptions extends SetupOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly events?: string;
  readonly name?: string;
}

const HELP_END = `
A new URL is checked first and tested afterwards; where Vast.ai's test fails, the webhook goes back.

Examples:
  npm run vast -- webhooks update 12 --events billing,instance,client:team_invitation
  npm run vast -- webhooks update 12 --url https://hooks.example.com`;

export function addUpdateCommand(webhooks: Command, action: Action): void {
  const command = forOne(webhooks, 'update')
    .description('change name, URL or event types; the secret stays')
    .option('--url <url>', "the Worker's address, or the whole webhook URL")
    .option('--endpoint <name>', 'the endpoint at that address')
    .option('--events <list>', 'replaces the whole list: groups, slugs or full keys')
    .option('--name <text>', 'how Vast.ai shows it');
  addSetupOptions(command).addHelpText('after', HELP_END);
  action<UpdateOptions>(command, async (context, options, [id = 0]) => {
    const target = options.url === undefined ? undefined : secureTargetOf(options.url, options.endpoint);
    const { name, events } = options;
    checkName(name);
    checkEvents(events);
    if (target === undefined && name === undefined && events === undefined) {
      throw usage('Nothing to change: give --url, --events or --name.');
    }
    const api = await connectToVast(context);
    const fields: Partial<WebhookFields> = {
      ...(name !== undefined && { name }),
      ...(events !== undefined && { event_types: await expandLive(api, events) }),
    };
    const moved = target && (await moveWebhook(setupDeps(context, api, target, options), id));
    const isMoveOnly = moved && Object.keys(fields).length === 0;
    const webhook = isMoveOnly ? moved : expectOk(await api.update(id, fields), `update webhook ${id}`);
    context.output.result({ webhook: shown(webhook) }, columns([row(webhook)]));
  });
}
