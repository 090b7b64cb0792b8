// The list of events: what matches the filter, page by page, the latest first.
import { html } from 'hono/html';
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { IDS_LOOKED_AT } from '../ledger/search.ts';
import { LIST_WINDOW, PAGE_SIZE, SEARCH_WINDOW } from '../limits.ts';
import { address, LIST } from './addresses.ts';
import { eventTable } from './event-table.ts';
import type { ListRequest } from './filter.ts';
import { filterForm, isNarrow } from './filter-form.ts';
import { gettingStarted } from './getting-started.ts';
import { document, type Html } from './layout.ts';
import type { Reader } from './reader.ts';
import { counted, figures } from './words.ts';

/** @param knownTypes What the type field offers; any other type can be typed in. */
export function eventListPage(
  request: ListRequest,
  page: EventPage,
  knownTypes: readonly string[],
  reader: Reader,
): Html {
  const { filter } = request;
  const content = html`<h1>Events</h1>
    ${filterForm(filter, knownTypes, reader)}
    ${
      filter.q &&
      html`<p class="hint">Searched for “${filter.q}” at the start of ids (up to ${figures(IDS_LOOKED_AT)} matches),
        in recent errors, and in the text of the newest ${figures(SEARCH_WINDOW)} events.</p>`
    }
    ${page.events.length > 0 ? found(request, page, reader) : empty(request, page, reader)}`;
  return document('Events', content, reader, 'events');
}

function found(request: ListRequest, page: EventPage, reader: Reader): Html {
  const { filter, cursor } = request;
  const kind = isNarrow(filter) ? ['event matches', 'events match'] : ['event', 'events'];
  return html`<p class="matches">${page.more && 'At least '}${counted(page.matches, kind[0] ?? '', kind[1] ?? '')}${
    cursor !== null && ' from here on'
  }. ${replayAll(filter)}</p>
    ${eventTable(page.events, reader)}${paging(request, page)}`;
}

/** Only on lists of events that wait for a decision: nobody should rerun everything by mistake. */
function replayAll(filter: EventFilter): Html | null {
  if (filter.status !== 'dead' && filter.status !== 'quarantined') return null;
  return html`<a class="button" href="${address('/replay', filter)}">Run all of these again…</a>`;
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

function empty(request: ListRequest, page: EventPage, reader: Reader): Html {
  const { filter, cursor } = request;
  if (page.cursor !== null) return html`<p class="empty">No match so far.</p>${paging(request, page)}`;
  if (!isNarrow(filter) && cursor === null)
    return html`<div class="empty">Nothing received yet. ${gettingStarted(reader)}</div>`;
  return html`<p class="empty">No event matches. ${filter.status === 'dead' && 'Nothing is dead. '}
    <a href="${LIST}">Show all events</a></p>`;
}
