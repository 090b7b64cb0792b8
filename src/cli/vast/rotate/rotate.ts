// `webhooks rotate`. Each step is noted before or after what it changes, so that whatever a run
// leaves, the next one completes; rotation-plan.ts decides what a run has to do.
import type { Command } from 'commander';
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, usage } from '../../cli-failure.ts';
import { wholeNumber, withExamples } from '../../command-line.ts';
import { isSameUrl, secureTargetOf, type Target } from '../../target.ts';
import {
  type Action,
  addSetupOptions,
  connectToVast,
  expectOk,
  type SetupDeps,
  type SetupOptions,
  setupDeps,
} from '../connect.ts';
import { testUntilDelivered } from '../webhooks/provider-test.ts';
import { planRotation, type RotateOptions, type RotationPlan } from './rotation-plan.ts';
import { completeSwitch, rotateAtVast, switchSecret, unfinished } from './switch-secret.ts';

interface Options extends SetupOptions, RotateOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly id?: number;
}

const HELP_END = `
Run it once: Vast.ai signs with a new secret, the Worker accepts both, no delivery is refused for good.
Run it again a day or so later: the old secret is retired. (Vast.ai does not say for how long it retries.)
After an interruption at any point, run it again: it completes what was begun.`;

export function addRotateCommand(webhooks: Command, action: Action): void {
  const examples = ['', '--url https://hooks.example.com --endpoint host', '--finish'] as const;
  const command = withExamples(webhooks.command('rotate'), ...examples)
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
    const [result, lines] = await rotate(setupDeps(context, api, target, options), webhook.id, options);
    context.output.result({ webhook: webhook.id, endpoint: target.endpoint, ...result }, lines);
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

/** For scripts, and for people. */
type Told = Parameters<SetupDeps['output']['result']>;

/** Runs or completes a rotation. @throws CliFailure; unfinished where another run completes it. */
async function rotate(deps: SetupDeps, id: number, options: RotateOptions): Promise<Told> {
  const { slots, url } = deps.target;
  const set = await deps.store.list();
  const plan = planRotation({ ...options, slots, set, record: deps.records.read(url) });
  switch (plan.do) {
    case 'switch':
      return switchAndProve(deps, id, plan, !set.has(plan.target));
    case 'prove':
      return prove(deps, id, plan);
    case 'retire':
      return retire(deps, id, plan, set);
    case 'nothing':
      return [{ state: 'nothing_to_finish' }, ['Nothing to finish: no old secret is left to retire.']];
    case 'refuse':
      throw refusal(plan.because, deps.target);
  }
}

type Plan<Do extends RotationPlan['do']> = Extract<RotationPlan, { do: Do }>;

function refusal(because: Plan<'refuse'>['because'], { slots: [first, second], endpoint }: Target): CliFailure {
  switch (because) {
    case 'no_secret':
      return new CliFailure(`Endpoint "${endpoint}" has no secret to rotate: register a webhook for it first.`);
    case 'both_set':
      return usage(
        `${first} and ${second} are both set, and either may be in use. Say which one Vast.ai signs with: ` +
          `--current ${first} or --current ${second}. ` +
          'The other one gets the new secret, or is deleted with --finish.',
      );
    case 'not_switched_yet':
      return new CliFailure('The rotation is not complete yet: run it without --finish first.', EXIT.unfinished);
  }
}

async function switchAndProve(deps: SetupDeps, id: number, plan: Plan<'switch'>, targetWasFree: boolean) {
  await switchSecret(deps, plan, targetWasFree, () => rotateAtVast(deps.api, id, deps.surroundings));
  return prove(deps, id, { do: 'prove', current: plan.current, target: plan.target, certain: true });
}

/** Vast.ai's test is the proof: it signs with nothing but the new secret now. */
async function prove(deps: SetupDeps, id: number, plan: Plan<'prove'>): Promise<Told> {
  const { api, output, surroundings } = deps;
  const { current, target } = plan;
  output.say('Having Vast.ai deliver a test event.');
  const outcome = await testUntilDelivered(api, id, surroundings);
  if (outcome.kind !== 'delivered') {
    if (!plan.certain && outcome.kind !== 'not_made') {
      output.say('The secret of the interrupted run is lost; rotating once more.');
      return switchAndProve(deps, id, { do: 'switch', current, target, resumed: true }, false);
    }
    const stored = `The new secret is stored in ${target}, but: ${outcome.sentence}.`;
    throw unfinished(`${stored} If that does not change, \`--again\` rotates once more.`);
  }
  await completeSwitch(deps, { current, rotation: { step: 'done', target, targetWasFree: false } });
  const lines = [
    `Done: Vast.ai signs with the new secret, which is in ${target}.`,
    `${current} still verifies what was signed before. Run the same command again in a day to retire it.`,
  ];
  return [{ state: 'rotated', current: target, old: current }, lines];
}

/** The second run. The old slot goes only after a test shows that the other one is in use. */
async function retire(deps: SetupDeps, id: number, plan: Plan<'retire'>, set: ReadonlySet<string>): Promise<Told> {
  const { current, old } = plan;
  const { api, output, records, store, surroundings } = deps;
  output.say(`Retiring ${old}: ${current} holds the secret that Vast.ai signs with.`);
  const before = await testUntilDelivered(api, id, surroundings);
  if (before.kind !== 'delivered') {
    const advice = 'If the secret was changed elsewhere, `--again` rotates once more.';
    throw new CliFailure(`${old} is kept: ${before.sentence}. ${advice}`, EXIT.unfinished);
  }
  const { url } = deps.target;
  records.write(url, { current: old, rotation: { step: 'retiring', target: current, targetWasFree: false } });
  if (set.has(old)) await store.remove(old);
  records.write(url, { current });

  await surroundings.sleep(deps.settleSeconds * 1000);
  const after = await testUntilDelivered(api, id, surroundings);
  if (after.kind !== 'delivered') {
    const advice = `Run it again with --current ${current} --again.`;
    throw new CliFailure(`${old} is retired, but: ${after.sentence}. ${advice}`);
  }
  return [{ state: 'retired', current, old }, [`Done: ${current} is the only secret of this endpoint.`]];
}
