// The command line of `webhooks rotate`; what it does is in rotate.ts.
import type { Command } from 'commander';
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { CliFailure, usage } from '../../cli-failure.ts';
import { wholeNumber } from '../../command-line.ts';
import { isSameUrl, secureTargetOf, type Target } from '../../target.ts';
import { type Action, addSetupOptions, connectToVast, expectOk, type SetupOptions, setupDeps } from '../connect.ts';
import { type RotateResult, rotate } from './rotate.ts';
import type { RotateOptions } from './rotation-plan.ts';

interface Options extends SetupOptions, RotateOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly id?: number;
}

const HELP_END = `
Run it once: Vast.ai signs with a new secret, the Worker accepts both, no delivery is refused for good.
Run it again a day or so later: the old secret is retired. (Vast.ai does not say for how long it retries.)
After an interruption at any point, run it again: it completes what was begun.

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
    .option('--id <id>', 'the webhook', wholeNumber())
    .option('--finish', 'only retire the old secret')
    .option('--again', 'rotate although an old secret is still to be retired, or a rotation is stuck')
    .option('--current <name>', 'which secret Vast.ai signs with now, where the command cannot know');
  addSetupOptions(command).addHelpText('after', HELP_END);
  action<Options>(command, async (context, options) => {
    if (options.finish && options.again) throw usage('--finish and --again contradict each other.');
    const given = options.url === undefined ? undefined : secureTargetOf(options.url, options.endpoint);
    const api = await connectToVast(context);
    const webhook = await findWebhook(api, given, options);
    const target = given ?? secureTargetOf(webhook.webhook_url);
    if (options.current !== undefined && !target.slots.includes(options.current)) {
      throw usage(`--current must be ${target.slots.join(' or ')}.`);
    }
    const result = await rotate(setupDeps(context, api, target, options), webhook.id, options);
    context.output.result({ webhook: webhook.id, endpoint: target.endpoint, ...result }, resultLines(result));
  });
}

async function findWebhook(api: VastApi, target: Target | undefined, { id }: Options): Promise<Webhook> {
  const all = expectOk(await api.list(), 'list the webhooks');
  const fits = (one: Webhook) => (id ?? one.id) === one.id && (!target || isSameUrl(one.webhook_url, target.url));
  const [webhook, ...others] = all.filter(fits);
  if (!webhook) {
    const which = `${id === undefined ? '' : `${id} `}${target ? `at ${target.url}` : ''}`;
    throw new CliFailure(`Vast.ai knows no webhook ${which}.`);
  }
  if (others.length > 0) {
    const choices = [webhook, ...others].map((one) => `${one.id} (${one.webhook_url})`).join(', ');
    throw usage(`There are several webhooks: choose one with --id or --url. They are ${choices}.`);
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
      return ['Nothing to finish: no old secret is left to retire.'];
  }
}
