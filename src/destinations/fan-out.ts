// Tells every configured destination at once. One failure stops no other destination; what the
// failures mean together is decided here.
import { PermanentFailure, RetryLater } from '../failures.ts';
import type { DestinationContext } from './context.ts';
import { discord } from './discord.ts';
import { type ForwardedEvent, forward } from './forward.ts';
import { googleChat } from './google-chat.ts';
import type { ChatMessage } from './message.ts';
import { slack } from './slack.ts';

/**
 * Resolves to how many destinations are configured.
 *
 * @param prefix Put before the steps' names: two fan-outs for one event must not share steps.
 * @throws as `combineFailures` says, after all of them have been tried.
 */
export async function fanOut(context: DestinationContext, message: ChatMessage, event: ForwardedEvent, prefix = '') {
  const { env } = context;
  const sends: Promise<void>[] = [];
  if (env.SLACK_WEBHOOK_URL) sends.push(slack(context, message, `${prefix}slack`));
  if (env.DISCORD_WEBHOOK_URL) sends.push(discord(context, message, `${prefix}discord`));
  if (env.GOOGLE_CHAT_WEBHOOK_URL) sends.push(googleChat(context, message, `${prefix}google-chat`));
  if (env.FORWARD_URL) sends.push(forward(context, event, `${prefix}forward`));

  const results = await Promise.allSettled(sends);
  const errors = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
  if (errors.length > 0) throw combineFailures(errors);
  return sends.length;
}

/**
 * One error for several. If any of them is transient, all are retried (what has succeeded is not
 * repeated), after the longest wait asked for. It is permanent only if all of them are.
 */
export function combineFailures(errors: readonly unknown[]): Error {
  const text = errors.map((error) => (error instanceof Error ? error.message : 'unknown failure')).join('; ');
  const waits = errors.filter((error) => error instanceof RetryLater).map((error) => error.seconds);
  if (waits.length > 0) return new RetryLater(Math.max(...waits), text);
  if (errors.every((error) => error instanceof PermanentFailure)) return new PermanentFailure(text);
  return new Error(text);
}
