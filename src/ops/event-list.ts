// The list of events with its filter, a plain form: every view has an address that can be shared.
import { html } from 'hono/html';
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { IDS_LOOKED_AT } from '../ledger/search.ts';
import { statuses } from '../ledger/status.ts';
import { LIST_WINDOW, MAX_ID_LENGTH, MAX_SEARCH_LENGTH, MAX_TYPE_LENGTH, PAGE_SIZE, SEARCH_WINDOW } from '../limits.ts';
import { address, LIST } from './addresses.ts';
import { eventTable } from './event-table.ts';
import type { ListRequest } from './filter.ts';
import { document, type Html } from './layout.ts';
import { figures, statusWords } from './words.ts';

/** @param knownTypes What the type field offers; any other type can be typed in. */
export function eventListPage(request: ListRequest, page: EventPage, knownTypes: readonly string[], now: number): Html {
  const { filter } = request;
  const found = () => html`${replayAll(filter)}${eventTable(page.events, now)}${paging(request, page)}`;
  const content = html`<h1>Events</h1>
    ${filterForm(filter, knownTypes)}
    ${
      filter.q &&
      html`<p class="hint">Searched for “${filter.q}” at the start of ids (up to ${figures(IDS_LOOKED_AT)} matches),
        in recent errors, and in the text of the newest ${figures(SEARCH_WINDOW)} events.</p>`
    }
    ${page.events.length > 0 ? found() : empty(request, page)}`;
  return document('Events', content, 'events');
}

function filterForm(filter: EventFilter, knownTypes: readonly string[]): Html {
  const options = statuses.map((status) => {
    const selected = filter.status === status ? 'selected' : '';
    return html`<option value="${status}" ${selected}>${statusWords[status].label}</option>`;
  });
  return html`<form class="filter" action="${LIST}" method="get" aria-label="Filter events">
    <label>Status<select name="status"><option value="">any</option>${options}</select></label>
    <label>Type<input name="type" list="types" value="${filter.type}" maxlength="${MAX_TYPE_LENGTH}"
      placeholder="any"></label>
    <datalist id="types">${knownTypes.map((type) => html`<option value="${type}"></option>`)}</datalist>
    <label>Endpoint<input name="endpoint" value="${filter.endpoint}" maxlength="${MAX_ID_LENGTH}"
      placeholder="any"></label>
    <label class="wide">Id or text<input type="search" name="q" value="${filter.q}" maxlength="${MAX_SEARCH_LENGTH}"
      placeholder="an instance number, an error…"></label>
    <button type="submit">Filter</button>
    ${isNarrow(filter) && html`<a href="${LIST}">Show all</a>`}
  </form>`;
}

/** Only on lists of events that wait for a decision: nobody should rerun everything by mistake. */
function replayAll(filter: EventFilter): Html | null {
  if (filter.status !== 'dead' && filter.status !== 'quarantined') return null;
  return html`<p><a class="button" href="${address('/replay', filter)}">Run all of these again…</a></p>`;
}

function paging({ filter, cursor, limit }: ListRequest, page: EventPage): Html {
  const fields = { ...filter, ...(limit !== PAGE_SIZE && { limit }) };
  const from = cursor === null ? 'newest' : 'next';
  const older = page.cursor !== null && address('/events', { ...fields, cursor: page.cursor });
  return html`<nav class="paging" aria-label="Pages">
    ${
      older &&
      page.events.length < limit &&
      html`<span>Searched only the ${from} ${figures(LIST_WINDOW)} events.</span>`
    }
    ${cursor !== null && html`<a href="${address('/events', fields)}">Newest</a>`}
    ${older ? html`<a rel="next" href="${older}">Older</a>` : html`<span>No older events.</span>`}
  </nav>`;
}

function empty(request: ListRequest, page: EventPage): Html {
  const { filter, cursor } = request;
  if (page.cursor !== null) return html`<p class="empty">No match so far.</p>${paging(request, page)}`;
  if (isNarrow(filter) || cursor !== null) {
    return html`<p class="empty">No event matches. ${filter.status === 'dead' && 'Nothing is dead. '}
      <a href="${LIST}">Show all events</a></p>`;
  }
  return html`<div class="empty">
    <p>Nothing received yet. Send yourself a test event:</p>
    <pre>npm run trigger -- outbid</pre>
    <p>For a deployed Worker, add <code>--url https://…</code>: it asks for the signing secret.</p>
  </div>`;
}

function isNarrow(filter: EventFilter): boolean {
  return Object.values(filter).some(Boolean);
}
