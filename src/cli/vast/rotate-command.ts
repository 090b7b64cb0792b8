// The command line of `webhooks rotate`; what it does stands in rotate.ts.
import type { Command } from 'commander';
import { toCliFailure } from './api-failure.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { connectToVast } from './connect.ts';
import type { Action } from './program.ts';
import { type RotateResult, rotate } from './rotate.ts';
import { createRotationRecords, rotationRecordsPath } from './rotation-record.ts';
import { addDeleteOptions, addPutOptions, type SecretOptions, webhookId } from './secret-options.ts';
import { createSecretStore, secretCommands } from './secret-store.ts';
import type { VastApi, Webhook } from './vast-api.ts';
import { isSameUrl, type WebhookTarget, webhookTarget } from './webhook-url.ts';
import { createWorkerClient } from './worker-client.ts';

interface Options extends SecretOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly id?: number;
  readonly finish?: boolean;
  readonly again?: boolean;
  readonly current?: string;
  readonly json?: boolean;
}

const HELP_END = `
Run it once: Vast.ai signs with a new secret, the Worker accepts the new and the old one, no delivery is refused for good.
Run it again, a day or so later: the old secret is retired. (How long Vast.ai goes on retrying is not published.)
Interrupted at any point, run it again: it completes what was begun.

Examples:
  npm run vast -- webhooks rotate                       the only webhook you have
  npm run vast -- webhooks rotate --url https://hooks.example.com --endpoint host
  npm run vast -- webhooks rotate --finish              only retire the old secret`;

export function addRotateCommand(webhooks: Command, action: Action): void {
  const command = webhooks
    .command('rotate')
    .description('a new signing secret without losing a delivery')
    .option('--url <url>', "the Worker's address, or the whole webhook URL (default: your only webhook's)")
    .option('--endpoint <name>', 'the endpoint at that address')
    .option('--id <id>', 'the webhook', webhookId)
    .option('--finish', 'only retire the old secret')
    .option('--again', 'rotate anew, although an old secret waits to be retired or a rotation is stuck')
    .option('--current <name>', 'which secret Vast.ai signs with now, where that cannot be found out')
    .option('--json', 'one JSON object on stdout');
  addDeleteOptions(addPutOptions(command)).addHelpText('after', HELP_END);
  command.action(
    action<Options>(async ({ surroundings, output }, options) => {
      if (options.finish && options.again) throw new CliFailure('--finish and --again contradict.', EXIT.usage);
      const given = options.url === undefined ? undefined : webhookTarget(options.url, options.endpoint);
      const api = await connectToVast(surroundings, output);
      const webhook = await findWebhook(api, given, options);
      const target = given ?? webhookTarget(webhook.webhook_url);
      if (options.current !== undefined && !target.slots.includes(options.current)) {
        throw new CliFailure(`--current must be ${target.slots.join(' or ')}.`, EXIT.usage);
      }
      const result = await rotate(
        {
          surroundings,
          output,
          api,
          worker: createWorkerClient(surroundings, target),
          store: createSecretStore(secretCommands(options), surroundings, output),
          records: createRotationRecords(rotationRecordsPath(surroundings.env)),
        },
        {
          webhookId: webhook.id,
          target,
          finish: options.finish === true,
          again: options.again === true,
          current: options.current,
          settleSeconds: options.settle,
        },
      );
      output.result({ webhook: webhook.id, endpoint: target.endpoint, ...result }, resultLines(result));
    }),
  );
}

async function findWebhook(api: VastApi, target: WebhookTarget | undefined, { id }: Options): Promise<Webhook> {
  const listed = await api.list();
  if (!listed.ok) throw toCliFailure(listed.failure, 'list the webhooks');
  const fitting = listed.value.filter(
    (webhook) =>
      (id === undefined || webhook.id === id) && (target === undefined || isSameUrl(webhook.webhook_url, target.url)),
  );
  const [webhook] = fitting;
  if (!webhook) {
    throw new CliFailure(
      `Vast.ai knows no webhook ${id === undefined ? '' : `${id} `}${target ? `at ${target.url}` : ''}.`,
    );
  }
  if (fitting.length > 1) {
    const choices = fitting.map((one) => `${one.id} (${one.webhook_url})`).join(', ');
    throw new CliFailure(`There are several webhooks: say --id or --url. They are ${choices}.`, EXIT.usage);
  }
  return webhook;
}

function resultLines(result: RotateResult): string[] {
  switch (result.state) {
    case 'rotated':
      return [
        `Done: Vast.ai signs with the new secret, which is in ${result.current}.`,
        `${result.old} still verifies what was signed before. Run the same command again in a day to retire it.`,
      ];
    case 'retired':
      return [`Done: ${result.current} is the only secret of this endpoint.`];
    case 'nothing_to_finish':
      return ['Nothing to finish: no old secret is waiting to be retired.'];
  }
}
