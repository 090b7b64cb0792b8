// The default of every handler: tell whoever is configured.
import type { DestinationContext } from './context.ts';
import { fanOut } from './fan-out.ts';
import { message, type NotifiableEvent } from './message.ts';

/**
 * Tells an event to every destination whose secret is set, in parallel; without any, it only writes a log line.
 * Security-critical types go to the forward alone.
 *
 * @throws RetryLater or Error while a destination may yet take it, PermanentFailure once none can (after all were tried).
 */
export async function notifyAll(context: DestinationContext, event: NotifiableEvent): Promise<void> {
  const configured = await fanOut(context, message(event), event);
  if (configured === 0) {
    context.log('destination.none', { note: 'no destination secret is set' });
  }
}
