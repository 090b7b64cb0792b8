// Where a new webhook's secret goes: into the first slot of an endpoint that has none, else beside
// the one that it has.
import { describeApiFailure } from '../../../vast/api-failure.ts';
import type { Webhook } from '../../../vast/vast-api.ts';
import { CliFailure, messageOf, usage } from '../../cli-failure.ts';
import { planRotation } from '../rotate/rotation-plan.ts';
import { switchSecret } from '../rotate/switch-secret.ts';
import { RIGHT_WORKER, type SetupDeps } from '../setup.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';
import { describeAnswer } from '../worker/worker-client.ts';
import { left } from './create-webhook.ts';

type Obtain = () => Promise<{ readonly webhook: Webhook; readonly secret: string }>;

/** Nothing can be lost: until the Worker knows a secret, it answers 503, and Vast.ai retries. */
export async function storeFirstSecret(deps: SetupDeps, obtain: Obtain, created: boolean): Promise<Webhook> {
  const { output, surroundings, target } = deps;
  const [slot] = target.slots;
  // The secret is shown once: interrupted before it is stored, nobody could verify this webhook.
  const { webhook, secret } = await surroundings.uninterrupted(async () => {
    const made = await obtain();
    output.protect(made.secret);
    output.say(`Storing the secret as ${slot}`);
    await storeOrUndo(deps, made.webhook, slot, made.secret, created);
    deps.records.write(target.url, { current: slot });
    return made;
  });
  output.say('Waiting until the Worker knows it');
  const answer = await waitForWorker(() => deps.worker.signed(secret), 'ok', deps);
  if (answer.kind === 'ok') return webhook;
  throw left(webhook, `its secret is stored as ${slot}, but ${describeAnswer(answer, target.url)}. ${RIGHT_WORKER}`);
}

/**
 * Stores the secret beside the one that the endpoint has: that one may have signed what is still to
 * be retried, or belong to another webhook that delivers here.
 */
export async function addSecret(deps: SetupDeps, obtain: Obtain) {
  const { records, store, target } = deps;
  const set = await store.list();
  const plan = planRotation({ slots: target.slots, set, record: records.read(target.url), again: true });
  if (plan.do === 'switch') {
    const { webhook } = await switchSecret(deps, plan, !set.has(plan.target), obtain);
    return { webhook, current: plan.current, slot: plan.target };
  }
  const [first, second] = target.slots;
  if (!set.has(first)) throw new CliFailure(`The Worker has a secret, but wrangler lists none. ${RIGHT_WORKER}`);
  const advice = 'Delete the one that nothing delivers with (`npx wrangler secret delete <name>`), and run this again.';
  throw usage(`${first} and ${second} are both set, and either may be in use. ${advice}`);
}

/** Stores the secret. Where that fails, it deletes what this run has created. */
async function storeOrUndo(deps: SetupDeps, webhook: Webhook, slot: string, secret: string, ours: boolean) {
  try {
    await deps.store.put(slot, secret);
  } catch (error) {
    if (!ours) throw left(webhook, `${messageOf(error)}.`);
    const removed = await deps.api.remove(webhook.id);
    if (!removed.ok) throw left(webhook, `${messageOf(error)}. ${describeApiFailure(removed.failure, 'undo that')}`);
    throw new CliFailure(`${messageOf(error)}. The registration is undone; nothing is left.`);
  }
}
