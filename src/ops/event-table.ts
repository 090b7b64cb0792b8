// Events as rows, for the list and for the overview's failures.
import { html } from 'hono/html';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { EventSummary } from '../ledger/queries.ts';
import { eventAddress } from './addresses.ts';
import { type Html, statusBadge, table } from './layout.ts';
import { whenStacked } from './when.ts';
import { whyRefused } from './words.ts';

export function eventTable(events: readonly EventSummary[], now: number): Html {
  const columns = [['Status'], ['Event'], ['Received'], ['Tries', 'number'], ['Why']] as const;
  return table(
    'events',
    columns,
    events.map((event) => row(event, now)),
  );
}

function row(event: EventSummary, now: number): Html {
  const { status, type, id, endpoint, attempts, receivedAt } = event;
  return html`<tr>
    <td>${statusBadge(status)}</td>
    <th scope="row">
      <a href="${eventAddress(event)}"><span class="type">${type}</span> <span class="id">${id}</span></a>
      ${endpoint !== DEFAULT_ENDPOINT && html`<span class="endpoint">${endpoint}</span>`}
    </th>
    <td>${whenStacked(receivedAt, now)}</td>
    <td class="number">${attempts}<span class="unit"> ${attempts === 1 ? 'try' : 'tries'}</span></td>
    ${why(event)}
  </tr>`;
}

function why({ status, refusalReason, lastError }: EventSummary): Html {
  if (refusalReason !== null) return html`<td class="why">${whyRefused(refusalReason)}</td>`;
  return html`<td class="why error">${status === 'processed' ? '' : lastError}</td>`;
}
