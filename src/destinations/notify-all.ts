// The default of every handler: tell the destinations.
import type { DestinationContext } from './context.ts';
import type { NotifiableEvent } from './event-kinds.ts';
import { type Choice, fanOut } from './fan-out.ts';
import { message } from './message.ts';

/**
 * Tells the destinations whose secret is set of an event, in parallel: chats and the forward of
 * every event, ntfy, Telegram and PagerDuty of what is urgent. Security-critical types go to the
 * forward alone. To choose: `notifyAll(context, event, { only: ['ntfy'], from: 'warning' })`.
 *
 * @throws after all were tried: RetryLater or Error if a retry may help, else PermanentFailure.
 */
export async function notifyAll(context: DestinationContext, event: NotifiableEvent, choice?: Choice): Promise<void> {
  const configured = await fanOut(context, message(event), event, choice);
  if (configured === 0) context.log('destination.none', { note: 'no destination secret is set' });
}
