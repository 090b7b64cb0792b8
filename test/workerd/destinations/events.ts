// Events as the edge makes them, from the shipped samples.
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { sampleOf } from '../../../src/event/samples.ts';

/** An event of a type; `data` replaces fields of its payload. */
export function eventOf(type: string, data: Record<string, unknown> = {}, endpoint = 'default'): AnyEvent {
  const now = Date.parse('2026-03-02T12:00:00Z');
  const { dialect, body } = sampleOf(type, { id: `id-of-${type}`, now, data });
  const event = parseEvent({ dialect, body: new TextEncoder().encode(body), timestamp: now / 1000 }, endpoint);
  if (!event.ok) throw new Error(event.failure.issues.join());
  return event.value;
}
