// `webhooks list | delete | test`: one call to Vast.ai each. And `update`, whose move to another
// URL is in move-webhook.ts.
import type { Command } from 'commander';
import type { Webhook, WebhookFields } from '../../../vast/vast-api.ts';
import { CliFailure, usage } from '../../cli-failure.ts';
import { columns } from '../../columns.ts';
import { wholeNumber, withExamples } from '../../command-line.ts';
import { secureTargetOf } from '../../target.ts';
import { type Action, addSetupOptions, connectToVast, expectOk, type SetupOptions, setupDeps } from '../connect.ts';
import { checkEvents, expandLive } from './event-keys.ts';
import { moveWebhook } from './move-webhook.ts';
import { testOnce } from './provider-test.ts';

/** Vast.ai's limit, in characters. */
const MAX_NAME_LENGTH = 120;

export function addWebhookCommands(webhooks: Command, action: Action): void {
  for (const add of [addList, addDelete, addTest, addUpdate]) add(webhooks, action);
}

function addList(webhooks: Command, action: Action): void {
  const command = withExamples(webhooks.command('list'), '').description('the webhooks that Vast.ai knows');
  action(command, async (context) => {
    const api = await connectToVast(context);
    const webhooks = expectOk(await api.list(), 'list the webhooks');
    const lines = webhooks.length === 0 ? ['No webhooks yet.'] : columns(webhooks.map(row));
    context.output.result({ webhooks: webhooks.map(shown) }, lines);
  });
}

function addDelete(webhooks: Command, action: Action): void {
  const command = withExamples(forOne(webhooks, 'delete'), '12')
    .description('delete a webhook at Vast.ai; later events are not sent')
    .option('--yes', 'do not ask');
  action<{ readonly yes?: boolean }>(command, async (context, options, [id = 0]) => {
    if (!options.yes) {
      const { confirm } = context.surroundings;
      if (!confirm) throw usage('There is no terminal to ask at: add --yes.');
      if (!(await confirm(`Delete webhook ${id}?`))) throw new CliFailure('Nothing was deleted.');
    }
    const api = await connectToVast(context);
    expectOk(await api.remove(id), `delete webhook ${id}`);
    context.output.result({ deleted: id }, [`Webhook ${id} is deleted. The Worker no longer needs its secret.`]);
  });
}

function addTest(webhooks: Command, action: Action): void {
  const description = 'have Vast.ai deliver a test event, and show how the Worker answered';
  action(withExamples(forOne(webhooks, 'test'), '12').description(description), async (context, _options, [id = 0]) => {
    const outcome = await testOnce(await connectToVast(context), id);
    if (outcome.kind !== 'delivered') throw new CliFailure(`${outcome.sentence}. \`doctor\` finds out why.`);
    context.output.result({ delivered: true, eventId: outcome.eventId ?? null }, [`${outcome.sentence}.`]);
  });
}

interface UpdateOptions extends SetupOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly events?: string;
  readonly name?: string;
}

const UPDATE_HELP_END = `
A new URL is checked first and tested afterwards; where Vast.ai's test fails, the webhook goes back.`;

function addUpdate(webhooks: Command, action: Action): void {
  const examples = [
    '12 --events billing,instance,client:team_invitation',
    '12 --url https://hooks.example.com',
  ] as const;
  const command = withExamples(forOne(webhooks, 'update'), ...examples)
    .description('change name, URL or event types; the secret stays')
    .option('--url <url>', "the Worker's address, or the whole webhook URL")
    .option('--endpoint <name>', 'the endpoint at that address')
    .option('--events <list>', 'replaces the whole list: groups, slugs or full keys')
    .option('--name <text>', 'how Vast.ai shows it');
  addSetupOptions(command).addHelpText('after', UPDATE_HELP_END);
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

function forOne(webhooks: Command, name: string): Command {
  return webhooks.command(name).argument('<id>', 'as `webhooks list` shows it', wholeNumber());
}

/** @throws CliFailure for a name that Vast.ai would refuse. */
export function checkName(name = ''): void {
  if (name.length > MAX_NAME_LENGTH) throw usage(`--name is longer than ${MAX_NAME_LENGTH} characters.`);
  if (/\p{Cc}/u.test(name)) throw usage('--name holds control characters.');
}

function shown(webhook: Webhook) {
  return { id: webhook.id, name: webhook.name ?? null, url: webhook.webhook_url, events: webhook.event_types };
}

function row(webhook: Webhook): string[] {
  return [String(webhook.id), webhook.name ?? '', webhook.webhook_url, webhook.event_types.join(', ')];
}
