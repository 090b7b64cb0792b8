// Doctor's look at the account's notification preferences: Vast.ai sends a type only while its
// webhook channel is on. Read-only.
import { describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi, Webhook } from '../../../vast/vast-api.ts';
import { contextOf, slugOf } from '../webhooks/event-keys.ts';
import { about, type Finding } from './finding.ts';

export async function checkPreferences(api: VastApi, webhook: Webhook): Promise<Finding> {
  const { fine, problem, skipped } = about('preferences');
  const { event_types: subscribed, user_id: user } = webhook;
  if (user === undefined) return skipped('The list of webhooks does not say whose they are.');
  const answer = await api.preferences(user);
  if (!answer.ok) {
    const why = describeApiFailure(answer.failure, 'read the notification preferences');
    return skipped(`${why} It takes the scope user_read.`);
  }
  // A list may answer with slugs: then every context counts that has it.
  const isOff = (key: string) =>
    Object.entries(answer.value).some(
      ([context, types]) => [context, ''].includes(contextOf(key)) && types[slugOf(key)]?.webhooks === false,
    );
  const off = subscribed.filter(isOff);
  if (off.length === 0) return fine(`no subscribed type of webhook ${webhook.id} is switched off`);
  const fix = 'Switch their webhook channel on: https://cloud.vast.ai/account/, Notification Settings.';
  return problem(`the webhook channel is off, so nothing is sent, for ${off.join(', ')}`, fix);
}
