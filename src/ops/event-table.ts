// Events as rows: what happened, what it is about, and when it came.
import { html } from 'hono/html';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { isConfidential } from '../event/catalogue.ts';
import type { EventSummary } from '../ledger/queries.ts';
import { eventAddress } from './addresses.ts';
import { type Html, statusBadge, table } from './layout.ts';
import type { Reader } from './reader.ts';
import { whenStacked } from './when.ts';
import { hasFailed, whyRefused } from './words.ts';

export function eventTable(events: readonly EventSummary[], reader: Reader): Html {
  const rows = events.map((event, index) => row(event, events[index - 1]?.receivedAt, reader));
  return table('events', ['Status', 'Event', 'Received'], rows);
}

function row(event: EventSummary, above: number | undefined, reader: Reader): Html {
  const { status, type, endpoint, attempts, receivedAt } = event;
  return html`<tr>
    <td>${statusBadge(status)}${attempts > 1 && html` <small>${attempts} tries</small>`}</td>
    <th scope="row">
      <a href="${eventAddress(event)}"><span class="type">${type}</span> ${about(event)}</a>
      ${endpoint !== DEFAULT_ENDPOINT && html`<small>endpoint ${endpoint}</small>`}
    </th>
    <td>${whenStacked(receivedAt, reader, above)}</td>
  </tr>`;
}

/** The error if it failed, the reason if it was kept aside, and else what it says itself. */
function about({ status, type, refusalReason, lastError, subject }: EventSummary): Html {
  const reason = refusalReason !== null && html`<span class="about">${whyRefused(refusalReason)}</span>`;
  if (isConfidential(type)) return html`${reason} <span class="about quiet">Withheld: see the event itself</span>`;
  if (reason) return html`${reason} <small>${subject}</small>`;
  if (!hasFailed(status) || lastError === null) return html`<span class="about">${subject}</span>`;
  return html`<span class="about error">${lastError}</span> <small>${subject}</small>`;
}
