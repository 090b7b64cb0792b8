// From the secret that Vast.ai signs with to a new one, without a refusal that Vast.ai takes for
// final. `rotate` and `register --replace-secret` share it.
//
// The order matters: the Worker answers mismatches with 503, so that Vast.ai retries, before
// Vast.ai may sign with a secret that the Worker does not have. The old slot stays live, because
// Vast.ai does not say whether it signs retries again, and another webhook may use it.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { RIGHT_WORKER, type SetupDeps } from '../connect.ts';
import type { Surroundings } from '../terminal/surroundings.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';
import type { RotationPlan } from './rotation-plan.ts';
import { isSwitching, type RotationRecord, type RotationStep } from './rotation-record.ts';
import { closeWindow, openWindow } from './rotation-window.ts';

const TRIES = 4;
const PAUSE_MS = 3_000;

type SwitchPlan = Extract<RotationPlan, { do: 'switch' }>;

/**
 * Leaves the window open: `completeSwitch` closes it once Vast.ai's test has been delivered.
 *
 * @param obtain Gets the new secret from Vast.ai. It throws a CliFailure: unfinished where Vast.ai
 *   may sign with a secret that nobody has.
 * @throws CliFailure; unfinished where another run completes it.
 */
export async function switchSecret<Fresh extends { readonly secret: string }>(
  deps: SetupDeps,
  { current, target, resumed }: SwitchPlan,
  targetWasFree: boolean,
  obtain: () => Promise<Fresh>,
): Promise<Fresh> {
  const { output, records, store, surroundings, worker } = deps;
  const { url } = deps.target;
  const before = records.read(url);
  // Where an old slot is still to be retired, giving up must not forget which one it is.
  const back = before?.rotation && !isSwitching(before) ? before : { current };
  const note = (step: RotationStep) => records.write(url, { current, rotation: { step, target, targetWasFree } });

  // A resumed run must not forget that Vast.ai's secret may be one that nobody has.
  note(resumed ? 'rotating' : 'opening');
  output.say('Opening the rotation window: mismatches are answered 503, so that Vast.ai retries.');
  const { untilSeconds, seen } = await openWindow(deps);
  const held = `nothing is refused for good until ${new Date(untilSeconds * 1000).toISOString()}`;
  if (seen.kind !== 'unavailable') {
    const why = `The rotation window is stored, but ${seen.sentence}.`;
    if (resumed) throw unfinished(why);
    await abandon(deps, back);
    throw new CliFailure(`${why} Nothing was changed at Vast.ai. ${RIGHT_WORKER}`);
  }

  output.say(`Getting a new secret from Vast.ai, and storing it in ${target}; ${current} stays live.`);
  note('rotating');
  const fresh = await surroundings.uninterrupted(async () => {
    const made = await obtain().catch(async (error: unknown) => {
      if (resumed) throw new CliFailure(messageOf(error), EXIT.unfinished);
      if (error instanceof CliFailure && error.exitCode !== EXIT.unfinished) await abandon(deps, back);
      throw error;
    });
    output.protect(made.secret);
    await store.put(target, made.secret).catch((error: unknown) => {
      throw unfinished(`${messageOf(error)}. The Worker lacks Vast.ai's new secret; ${held}.`);
    });
    note('stored');
    return made;
  });

  output.say('Waiting until the Worker accepts the new secret.');
  const answer = await waitForWorker(() => worker.signed(fresh.secret), 'ok', deps);
  if (answer.kind === 'ok') return fresh;
  throw unfinished(`The new secret is stored in ${target}, but ${answer.sentence}; ${held}.`);
}

/** Closes the window, and notes where the secrets are now. */
export async function completeSwitch(deps: SetupDeps, record: RotationRecord): Promise<void> {
  deps.output.say('Closing the window.');
  await closeWindow(deps);
  deps.records.write(deps.target.url, record);
}

/** Undoes what was noted: nothing has happened at Vast.ai. */
async function abandon(deps: SetupDeps, back: RotationRecord): Promise<void> {
  await closeWindow(deps).catch((error: unknown) => deps.output.warn(messageOf(error)));
  deps.records.write(deps.target.url, back);
}

export function unfinished(what: string): CliFailure {
  return new CliFailure(`${what} Run the same command again to complete it.`, EXIT.unfinished);
}

/**
 * One new secret from Vast.ai. If the answer is lost, so is the secret: it rotates again.
 *
 * @throws CliFailure; unfinished where Vast.ai may now sign with a secret that nobody has.
 */
export async function rotateAtVast(api: VastApi, id: number, surroundings: Pick<Surroundings, 'sleep'>) {
  let mayHaveRotated = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api.rotate(id);
    if (answer.ok) return { secret: answer.value.webhook_secret };
    const unclear = mayHaveHappened(answer.failure);
    mayHaveRotated ||= unclear;
    if (unclear && attempt < TRIES) {
      await surroundings.sleep(PAUSE_MS * attempt);
      continue;
    }
    const message = describeApiFailure(answer.failure, 'rotate the secret');
    if (!mayHaveRotated) throw new CliFailure(message);
    const advice = 'Vast.ai may sign with a new secret that nobody has: run the same command again.';
    throw new CliFailure(`${message} ${advice}`, EXIT.unfinished);
  }
}
