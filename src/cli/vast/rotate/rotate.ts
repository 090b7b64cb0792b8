// `webhooks rotate`. Each step is noted before or after what it changes, so that whatever a run
// leaves, the next one completes; rotation-plan.ts decides what a run has to do.
import { CliFailure, EXIT, usage } from '../../cli-failure.ts';
import type { Target } from '../../target.ts';
import type { SetupDeps } from '../connect.ts';
import { describeTest, testUntilDelivered } from '../webhooks/provider-test.ts';
import { planRotation, type RotateOptions, type RotationPlan } from './rotation-plan.ts';
import { completeSwitch, rotateAtVast, switchSecret, unfinished } from './switch-secret.ts';

export type RotateResult =
  | { readonly state: 'rotated' | 'retired'; readonly current: string; readonly old: string }
  | { readonly state: 'nothing_to_finish' };

/** Runs or completes a rotation. @throws CliFailure; unfinished where another run completes it. */
export async function rotate(deps: SetupDeps, id: number, options: RotateOptions): Promise<RotateResult> {
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
      return { state: 'nothing_to_finish' };
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
async function prove(deps: SetupDeps, id: number, plan: Plan<'prove'>): Promise<RotateResult> {
  const { api, output, surroundings } = deps;
  const { current, target } = plan;
  output.say('Having Vast.ai deliver a test event.');
  const outcome = await testUntilDelivered(api, id, surroundings);
  if (outcome.kind !== 'delivered') {
    if (!plan.certain && outcome.kind !== 'not_made') {
      output.say('The secret of the interrupted run is lost; rotating once more.');
      return switchAndProve(deps, id, { do: 'switch', current, target, resumed: true }, false);
    }
    const stored = `The new secret is stored in ${target}, but: ${describeTest(outcome)}.`;
    throw unfinished(`${stored} If that does not change, \`--again\` rotates once more.`);
  }
  await completeSwitch(deps, { current, rotation: { step: 'done', target, targetWasFree: false } });
  return { state: 'rotated', current: target, old: current };
}

/** The second run. The old slot goes only after a test shows that the other one is in use. */
async function retire(deps: SetupDeps, id: number, plan: Plan<'retire'>, set: ReadonlySet<string>) {
  const { current, old } = plan;
  const { api, output, records, store, surroundings } = deps;
  output.say(`Retiring ${old}: ${current} holds the secret that Vast.ai signs with.`);
  const before = await testUntilDelivered(api, id, surroundings);
  if (before.kind !== 'delivered') {
    const advice = 'If the secret was changed elsewhere, `--again` rotates once more.';
    throw new CliFailure(`${old} is kept: ${describeTest(before)}. ${advice}`, EXIT.unfinished);
  }
  const { url } = deps.target;
  records.write(url, { current: old, rotation: { step: 'retiring', target: current, targetWasFree: false } });
  if (set.has(old)) await store.remove(old);
  records.write(url, { current });

  await surroundings.sleep(deps.settleSeconds * 1000);
  const after = await testUntilDelivered(api, id, surroundings);
  if (after.kind !== 'delivered') {
    const advice = `Run it again with --current ${current} --again.`;
    throw new CliFailure(`${old} is retired, but: ${describeTest(after)}. ${advice}`);
  }
  return { state: 'retired' as const, current, old };
}
