// `webhooks list | update | delete | test`: one call to Vast.ai each.
import type { Command } from 'commander';
import { toCliFailure } from './api-failure.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { connectToVast } from './connect.ts';
import { expandEvents } from './event-keys.ts';
import { columns } from './output.ts';
import type { Action } from './program.ts';
import { describeTest, testOnce } from './provider-test.ts';
import { webhookId } from './secret-options.ts';
import type { VastApi, Webhook, WebhookFields } from './vast-api.ts';
import { webhookTarget } from './webhook-url.ts';

/** Vast.ai's limit, in characters. */
const MAX_NAME_LENGTH = 120;

interface UpdateOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly events?: string;
  readonly name?: string;
  readonly json?: boolean;
}

interface DeleteOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addWebhookCommands(webhooks: Command, action: Action): void {
  addList(webhooks, action);
  addUpdate(webhooks, action);
  addDelete(webhooks, action);
  addTest(webhooks, action);
}

function addList(webhooks: Command, action: Action): void {
  webhooks
    .command('list')
    .description('the webhooks that Vast.ai knows')
    .option('--json', 'one JSON object on stdout')
    .action(
      action(async ({ surroundings, output }) => {
        const api = await connectToVast(surroundings, output);
        const listed = await api.list();
        if (!listed.ok) throw toCliFailure(listed.failure, 'list the webhooks');
        const lines = listed.value.length === 0 ? ['No webhooks yet.'] : columns(listed.value.map(row));
        output.result({ webhooks: listed.value.map(shown) }, lines);
      }),
    );
}

function addUpdate(webhooks: Command, action: Action): void {
  webhooks
    .command('update')
    .argument('<id>', 'as `webhooks list` shows it', webhookId)
    .description('change name, URL or event types; the secret stays')
    .option('--url <url>', "the Worker's address, or the whole webhook URL")
    .option('--endpoint <name>', 'the endpoint at that address')
    .option('--events <list>', 'replaces the whole list: groups, slugs or full keys')
    .option('--name <text>', 'how Vast.ai shows it')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nExample:\n  npm run vast -- webhooks update 12 --events billing,instance,client:team_invitation',
    )
    .action(
      action<UpdateOptions>(async ({ surroundings, output }, options, [id = 0]) => {
        const url = options.url === undefined ? undefined : webhookTarget(options.url, options.endpoint).url;
        const name = checkedName(options.name);
        if (url === undefined && name === undefined && options.events === undefined) {
          throw new CliFailure('Nothing to change: give --url, --events or --name.', EXIT.usage);
        }
        const api = await connectToVast(surroundings, output);
        const fields: Partial<WebhookFields> = {
          ...(url !== undefined && { webhook_url: url }),
          ...(name !== undefined && { name }),
          ...(options.events !== undefined && { event_types: await expandLive(api, options.events) }),
        };
        const updated = await api.update(id, fields);
        if (!updated.ok) throw toCliFailure(updated.failure, `update webhook ${id}`);
        output.result({ webhook: shown(updated.value) }, columns([row(updated.value)]));
      }),
    );
}

function addDelete(webhooks: Command, action: Action): void {
  webhooks
    .command('delete')
    .argument('<id>', 'as `webhooks list` shows it', webhookId)
    .description('delete a webhook at Vast.ai; events that come to pass afterwards are not sent')
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON object on stdout')
    .action(
      action<DeleteOptions>(async ({ surroundings, output }, options, [id = 0]) => {
        if (!options.yes) {
          if (!surroundings.confirm) throw new CliFailure('There is no terminal to ask at: add --yes.', EXIT.usage);
          if (!(await surroundings.confirm(`Delete webhook ${id}?`))) throw new CliFailure('Nothing was deleted.');
        }
        const api = await connectToVast(surroundings, output);
        const removed = await api.remove(id);
        if (!removed.ok) throw toCliFailure(removed.failure, `delete webhook ${id}`);
        output.result({ deleted: id }, [`Webhook ${id} is deleted. Its secret at the Worker is worth nothing now.`]);
      }),
    );
}

function addTest(webhooks: Command, action: Action): void {
  webhooks
    .command('test')
    .argument('<id>', 'as `webhooks list` shows it', webhookId)
    .description('have Vast.ai deliver a test event, and say how it was answered')
    .option('--json', 'one JSON object on stdout')
    .action(
      action(async ({ surroundings, output }, _options, [id = 0]) => {
        const api = await connectToVast(surroundings, output);
        const outcome = await testOnce(api, id);
        if (outcome.kind !== 'delivered') throw new CliFailure(`${describeTest(outcome)}. \`doctor\` finds out why.`);
        output.result({ delivered: true, eventId: outcome.eventId ?? null }, [`${describeTest(outcome)}.`]);
      }),
    );
}

async function expandLive(api: VastApi, events: string): Promise<string[]> {
  const types = await api.types();
  if (!types.ok) throw toCliFailure(types.failure, 'list the event types');
  return expandEvents(
    events,
    types.value.map((type) => type.key),
  );
}

/** @throws CliFailure for a name that Vast.ai would refuse. */
export function checkedName(name: string | undefined): string | undefined {
  if (name !== undefined && name.length > MAX_NAME_LENGTH) {
    throw new CliFailure(`--name is longer than ${MAX_NAME_LENGTH} characters.`, EXIT.usage);
  }
  if (name !== undefined && /\p{Cc}/u.test(name)) throw new CliFailure('--name holds control characters.', EXIT.usage);
  return name;
}

function shown(webhook: Webhook) {
  return { id: webhook.id, name: webhook.name ?? null, url: webhook.webhook_url, events: webhook.event_types };
}

function row(webhook: Webhook): string[] {
  return [String(webhook.id), webhook.name ?? '', webhook.webhook_url, webhook.event_types.join(', ')];
}
