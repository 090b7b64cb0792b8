// An accepted event, as a handler or a message carries it.
import type { AnyEvent } from '../../../src/event/envelope.ts';

export function sampleEvent(changes: Partial<AnyEvent> = {}): AnyEvent {
  return {
    id: 'event-1',
    type: 'outbid',
    endpoint: 'default',
    dialect: 'notification',
    created: '2026-03-02T22:20:00.000Z',
    data: { subject: 'Outbid', message: 'Instance 4711 was outbid.' },
    ...changes,
  };
}
