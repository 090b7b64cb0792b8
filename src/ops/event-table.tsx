// Events as rows: on the list and, the troubled ones, on the overview.
import type { EventSummary } from '../ledger/queries.ts';
import { eventPath } from './event-path.ts';
import { StatusBadge } from './layout.tsx';
import { When } from './when.tsx';

export function EventTable({ events, now }: { events: readonly EventSummary[]; now: number }) {
  return (
    <table class="events">
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Event</th>
          <th scope="col">Received</th>
          <th scope="col" class="number">
            Tries
          </th>
          <th scope="col">Last error</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr>
            <td>
              <StatusBadge status={event.status} />
            </td>
            <th scope="row">
              <a href={eventPath(event.id)}>
                <span class="type">{event.type}</span> <span class="id">{event.id}</span>
              </a>
              {event.endpoint !== 'default' && <span class="endpoint">{event.endpoint}</span>}
            </th>
            <td>
              <When time={event.receivedAt} now={now} short />
            </td>
            <td class="number">
              <span class="unit">tries </span>
              {event.attempts}
            </td>
            <td class="error">{event.status === 'processed' ? '' : event.lastError}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
