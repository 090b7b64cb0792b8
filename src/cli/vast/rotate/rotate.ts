// `webhooks rotate`. Each step is noted before or after what it changes, so that whatever a run
// leaves, the next one completes; rotation-plan.ts decides what a run has to do.
//
// The order matters: the Worker answers mismatches with 503, so that Vast.ai retries, before
// Vast.ai may sign with a secret that the Worker does not have. The old slot stays live, because
// Vast.ai does not say whether it signs retries again.
import { CliFailure, EXIT, messageOf, usage } from '../../cli-failure.ts';
import type { Target } from '../../target.ts';
import { RIGHT_WORKER, type SetupDeps } from '../setup.ts';
import { describeTest, testUntilDelivered } from '../webhooks/provider-test.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';
import { describeAnswer } from '../worker/worker-client.ts';
import { rotateAtVast } from './rotate-at-vast.ts';
import { planRotation, type RotateOptions, type RotationPlan } from './rotation-plan.ts';
import type { RotationRecord, RotationStep } from './rotation-record.ts';
import { closeWindow, openWindow } from './rotation-window.ts';

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
      return switchSecret(deps, id, plan, !set.has(plan.target));
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
        `${first} and ${second} are both set, and this machine has no record of which one Vast.ai signs with. ` +
          `Say so with --current ${first} or --current ${second}. ` +
          'The other one gets the new secret, or is deleted with --finish.',
      );
    case 'not_switched_yet':
      return new CliFailure('The rotation is not complete yet: run it without --finish first.', EXIT.unfinished);
  }
}

async function switchSecret(deps: SetupDeps, id: number, plan: Plan<'switch'>, targetWasFree: boolean) {
  const { output, records, store, surroundings, worker } = deps;
  const { current, target } = plan;
  const { url } = deps.target;
  const before = records.read(url);
  // Where an old slot is still to be retired, giving up must not forget which one it is.
  const back = before?.rotation?.step === 'done' ? before : { current };
  const note = (step: RotationStep) => records.write(url, { current, rotation: { step, target, targetWasFree } });

  // A resumed run must not forget that Vast.ai's secret may be one that nobody has.
  note(plan.resumed ? 'rotating' : 'opening');
  output.say(`1/5 Opening the rotation window: mismatches are answered 503, so that Vast.ai retries.`);
  const untilSeconds = await openWindow(deps);
  // Vast.ai is asked for nothing until the Worker is seen to hold back its permanent refusals.
  const seen = await waitForWorker(() => worker.unsigned(), 'unavailable', deps);
  if (seen.kind !== 'unavailable') {
    const why = `The rotation window is stored, but ${describeAnswer(seen, url)}.`;
    if (plan.resumed) throw unfinished(why);
    await abandon(deps, back);
    throw new CliFailure(`${why} Nothing was changed at Vast.ai. ${RIGHT_WORKER}`);
  }

  output.say(`2/5 Asking Vast.ai for a new secret, and storing it in ${target}; ${current} stays live.`);
  note('rotating');
  const secret = await surroundings.uninterrupted(async () => {
    const fresh = await rotateAtVast(deps.api, id, surroundings);
    if (!fresh.ok) {
      if (fresh.failure.mayHaveRotated || plan.resumed) throw new CliFailure(fresh.failure.message, EXIT.unfinished);
      await abandon(deps, back);
      throw new CliFailure(fresh.failure.message);
    }
    output.protect(fresh.value);
    try {
      await store.put(target, fresh.value);
    } catch (error) {
      const until = new Date(untilSeconds * 1000).toISOString();
      const state = `The Worker lacks Vast.ai's new secret; nothing is refused for good until ${until}.`;
      throw unfinished(`${messageOf(error)}. ${state}`);
    }
    note('stored');
    return fresh.value;
  });

  output.say('3/5 Waiting until the Worker accepts the new secret.');
  const answer = await waitForWorker(() => worker.signed(secret), 'ok', deps);
  if (answer.kind !== 'ok') {
    throw unfinished(`The new secret is stored in ${target}, but ${describeAnswer(answer, url)}.`);
  }
  return prove(deps, id, { do: 'prove', current, target, certain: true });
}

/** Undoes what was noted: nothing has happened at Vast.ai. */
async function abandon(deps: SetupDeps, back: RotationRecord): Promise<void> {
  await closeWindow(deps).catch((error: unknown) => deps.output.warn(messageOf(error)));
  deps.records.write(deps.target.url, back);
}

/** Steps 4 and 5. Vast.ai's test is the proof: it signs with nothing but the new secret now. */
async function prove(deps: SetupDeps, id: number, plan: Plan<'prove'>): Promise<RotateResult> {
  const { api, output, records, surroundings } = deps;
  const { current, target } = plan;
  output.say('4/5 Having Vast.ai deliver a test event.');
  const outcome = await testUntilDelivered(api, id, surroundings);
  if (outcome.kind !== 'delivered') {
    if (!plan.certain && outcome.kind !== 'not_made') {
      output.say('    The secret of the interrupted run is lost; rotating once more.');
      return switchSecret(deps, id, { do: 'switch', current, target, resumed: true }, false);
    }
    const stored = `The new secret is stored in ${target}, but: ${describeTest(outcome)}.`;
    throw unfinished(`${stored} If that does not change, \`--again\` rotates once more.`);
  }
  output.say('5/5 Closing the window.');
  await closeWindow(deps);
  records.write(deps.target.url, { current, rotation: { step: 'done', target, targetWasFree: false } });
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

function unfinished(what: string): CliFailure {
  return new CliFailure(`${what} Run the same command again to complete the rotation.`, EXIT.unfinished);
}
