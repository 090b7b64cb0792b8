// The default of every handler: tell every configured destination.
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { message, type NotifiableEvent } from './message.ts';

/**
 * Tells every destination whose secret is set of an event, in parallel. Security-critical types go
 * to the forward alone.
 *
 * @throws after all were tried: RetryLater or Error if a retry may help, else PermanentFailure.
 */
export async function notifyAll(context: DestinationContext, event: NotifiableEvent): Promise<void> {
  const configured = await fanOut(context, message(event), event);
  if (configured === 0) context.log('destination.none', { note: 'no destination secret is set' });
}
