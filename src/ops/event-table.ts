// Events as rows, for the list and for the overview's troubles.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { EventSummary } from '../ledger/queries.ts';
import { eventAddress } from './addresses.ts';
import { StatusBadge, Table } from './layout.tsx';
import { When } from './when.tsx';
import { refusalWords } from './words.ts';

export function EventTable({ events, now }: { events: readonly EventSummary[]; now: number }) {
  return (
    <Table look="events" columns={[['Status'], ['Event'], ['Received'], ['Tries', 'number'], ['Why']]}>
      {events.map((event) => (
        <tr>
          <td>
            <StatusBadge status={event.status} />
          </td>
          <th scope="row">
            <a href={eventAddress(event)}>
              <span class="type">{event.type}</span> <span class="id">{event.id}</span>
            </a>
            {event.endpoint !== DEFAULT_ENDPOINT && <span class="endpoint">{event.endpoint}</span>}
          </th>
          <td>
            <When time={event.receivedAt} now={now} stacked />
          </td>
          <td class="number">
            {event.attempts}
            <span class="unit">{event.attempts === 1 ? ' try' : ' tries'}</span>
          </td>
          <Why event={event} />
        </tr>
      ))}
    </Table>
  );
}

function Why({ event }: { event: EventSummary }) {
  if (event.refusalReason !== null) return <td class="why">{refusalWords(event.refusalReason)}</td>;
  return <td class="why error">{event.status === 'processed' ? '' : event.lastError}</td>;
}
