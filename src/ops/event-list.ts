// The list of events: what matches the filter, page by page, the latest first. Those that wait for
// a decision run again from here, step by step: nothing runs by itself.
import { html } from 'hono/html';
import { eventTypes } from '../event/catalogue.ts';
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { IDS_LOOKED_AT } from '../ledger/search.ts';
import { statuses } from '../ledger/status.ts';
import { LIST_WINDOW, PAGE_SIZE, REPLAY_STEP, SEARCH_WINDOW } from '../limits.ts';
import { address } from './addresses.ts';
import { eventTable } from './event-table.ts';
import type { ListRequest, StepResult } from './filter.ts';
import { document, gettingStarted, type Html, notice, replayForm } from './layout.ts';
import type { Reader } from './reader.ts';
import { isoOf, startOfDay } from './when.ts';
import { capitalized, counted, figures, replayWarning } from './words.ts';

/** @param done The step of a replay that led here. */
export function eventListPage(request: ListRequest, page: EventPage, reader: Reader, done?: StepResult): Html {
  const { filter, cursor } = request;
  const narrowedTo = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  const isNew = page.events.length === 0 && cursor === null && narrowedTo.length === 0;
  const nothing = html`<p>Nothing received yet.</p>${gettingStarted(reader)}`;
  const content = html`${done && stepNotice(done)}
    <h1>Events</h1>
    ${filterForm(filter, narrowedTo, reader)}
    ${filter.q && searched(filter.q)}
    ${isNew ? nothing : found(request, page, reader)}`;
  return document('Events', content, reader, 'events');
}

/**
 * A plain form, so that every view has an address that can be shared.
 *
 * @param narrowedTo The filter in words: `status dead`, `type outbid`.
 */
function filterForm(filter: EventFilter, narrowedTo: readonly string[], reader: Reader): Html {
  const option = (value: string, label: string) =>
    html`<option value="${value}" ${filter.status === value && 'selected'}>${label}</option>`;
  const field = (label: string, name: 'type' | 'endpoint' | 'q', list = '') => html`<label>${label}
    <input type="search" name="${name}" value="${filter[name]}" list="${list}"></label>`;
  const since = (time: number) => address('/events', { ...filter, from: isoOf(time), to: '' });
  const time = (label: string, name: 'from' | 'to') => html`<label>${label}, UTC
    <input type="datetime-local" name="${name}" value="${filter[name]?.slice(0, 16)}"></label>`;
  return html`<details class="fold">
    <summary class="button">Filter ${narrowedTo.join(', ')}</summary>
    <form class="filter" action="${address('/events')}" method="get" aria-label="Filter events">
      <label>Status<select name="status"><option value="">any</option>
        ${option('attention', 'Needs attention')}
        ${statuses.map((status) => option(status, capitalized(status)))}</select></label>
      ${field('Type', 'type', 'types')}
      <datalist id="types">${eventTypes.map((type) => html`<option value="${type}"></option>`)}</datalist>
      ${field('Endpoint', 'endpoint')}${time('From', 'from')}${time('Before', 'to')}${field('Id or text', 'q')}
      <button class="button" type="submit">Filter</button>
    </form>
  </details>
  <nav class="paging" aria-label="Quick filters">
    <a href="${address('/events', { ...filter, status: 'attention' })}">Needs attention</a>
    <a href="${since(Math.floor(reader.now / 60_000) * 60_000 - 3_600_000)}">Last hour</a>
    <a href="${since(startOfDay(reader))}">Today${reader.zone === undefined && ' (UTC)'}</a>
    ${narrowedTo.length > 0 && html`<a href="${address('/events')}">Show all</a>`}
  </nav>`;
}

function searched(text: string): Html {
  return html`<p class="quiet">Searched for “${text}” at the start of ids (up to ${figures(IDS_LOOKED_AT)} matches),
    in recent errors, and in the text of the newest ${figures(SEARCH_WINDOW)} events.</p>`;
}

function found({ filter, cursor, limit }: ListRequest, page: EventPage, reader: Reader): Html {
  const fields = { ...filter, ...(limit !== PAGE_SIZE && { limit }) };
  const older = page.cursor !== null && address('/events', { ...fields, cursor: page.cursor });
  const from = cursor !== null && ' from here on';
  return html`<p>${page.more && 'At least '}${counted(page.matches, 'event matches', 'events match')}${from}.</p>
    ${page.matches > 0 && replay(filter, cursor, page.matches)}
    ${page.events.length > 0 && eventTable(page.events, reader)}
    <nav class="paging" aria-label="Pages">
      ${
        older &&
        page.events.length < limit &&
        html`<span>Searched only the ${cursor === null ? 'newest' : 'next'} ${figures(LIST_WINDOW)} events.</span>`
      }
      ${cursor !== null && html`<a href="${address('/events', fields)}">Newest</a>`}
      ${older && html`<a rel="next" href="${older}">Older</a>`}
    </nav>`;
}

/** Only of what waits for a decision: nobody should rerun everything by mistake. */
function replay(filter: EventFilter, cursor: number | null, matches: number): Html | null {
  const { status } = filter;
  if (status !== 'dead' && status !== 'quarantined') return null;
  const isOne = matches === 1;
  const which = isOne ? 'it' : matches > REPLAY_STEP ? `the newest ${REPLAY_STEP}` : `all ${matches}`;
  return replayForm(
    html`<summary class="button">Run ${isOne ? 'this event' : 'all of these'} again…</summary>`,
    address('/replay', { ...filter, cursor }),
    `${replayWarning({ status, steps: [] })}${isOne ? '' : ' The same goes for each: try one first.'}`,
    `run ${which} again`,
    address('/events', { ...filter, cursor }),
  );
}

function stepNotice({ queued, refused, failed }: StepResult): Html {
  const skipped = refused > 0 && `, ${refused} skipped (being processed, already queued, or not an event)`;
  const left = failed > 0 && `, ${failed} not accepted by the queue: they are unchanged, try again in a minute`;
  return notice(failed > 0 ? 'bad' : 'good', html`${queued} sent to the queue${skipped}${left}.`);
}
