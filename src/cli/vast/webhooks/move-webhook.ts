// Moves a webhook to another endpoint. Its secret stays, and whether the Worker there has it shows
// only in a test after the move. Until then mismatches are answered 503, so that Vast.ai retries;
// where the test fails, the webhook goes back.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { Webhook } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { expectOk, RIGHT_WORKER, type SetupDeps } from '../connect.ts';
import { closeWindow, openWindow } from '../rotate/rotation-window.ts';
import { hasSecret } from '../worker/worker-client.ts';
import { testUntilDelivered } from './provider-test.ts';

/** @throws CliFailure; unfinished where the webhook could not go back, with how to do it. */
export async function moveWebhook(deps: SetupDeps, id: number): Promise<Webhook> {
  const { api, output, target } = deps;
  const before = expectOk(await api.list(), 'list the webhooks').find((one) => one.id === id)?.webhook_url;
  if (before === undefined) throw new CliFailure(`Vast.ai knows no webhook ${id}. See \`webhooks list\`.`);
  const close = () => closeWindow(deps).catch((error: unknown) => output.warn(messageOf(error)));
  output.say(`1/3 Checking ${target.url}`);
  if (!(await hasSecret(deps.worker))) {
    throw new CliFailure(
      `${target.url} has no signing secret. Nothing was changed: register a webhook for it instead.`,
    );
  }
  output.say('2/3 Opening its rotation window: mismatches are answered 503, so that Vast.ai retries');
  const { seen } = await openWindow(deps);
  if (seen.kind !== 'unavailable') {
    await close();
    throw new CliFailure(`${seen.sentence}. Nothing was changed at Vast.ai. ${RIGHT_WORKER}`);
  }

  const back = `\`webhooks update ${id} --url ${before}\`, or in Vast.ai's console`;
  output.say(`3/3 Moving webhook ${id}, and having Vast.ai deliver a test (if interrupted, go back with ${back})`);
  const moved = await api.update(id, { webhook_url: target.url });
  const trouble = moved.ok ? await failedTest(deps, id) : describeApiFailure(moved.failure, `move webhook ${id}`);
  if (moved.ok && trouble === undefined) {
    await close();
    return moved.value;
  }
  if (moved.ok || mayHaveHappened(moved.failure)) {
    const returned = await api.update(id, { webhook_url: before });
    if (!returned.ok) {
      const stuck = describeApiFailure(returned.failure, 'move it back');
      const left = `Webhook ${id} may be at ${target.url}, where nothing is refused for good for a day.`;
      throw new CliFailure(`${trouble} ${stuck} ${left} To finish: ${back}.`, EXIT.unfinished);
    }
  }
  await close();
  throw new CliFailure(`${trouble} Webhook ${id} is at ${before} as before; register one for ${target.url} instead.`);
}

async function failedTest({ api, surroundings }: SetupDeps, id: number): Promise<string | undefined> {
  const outcome = await testUntilDelivered(api, id, surroundings);
  return outcome.kind === 'delivered' ? undefined : `${outcome.sentence}.`;
}
