// The list of events: what matches the filter, page by page, the latest first. Those that wait for
// a decision run again from here, step by step: nothing runs by itself.
import { html } from 'hono/html';
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { IDS_LOOKED_AT } from '../ledger/search.ts';
import { LIST_WINDOW, PAGE_SIZE, REPLAY_STEP, SEARCH_WINDOW } from '../limits.ts';
import { address } from './addresses.ts';
import { eventTable } from './event-table.ts';
import type { ListRequest, StepResult } from './filter.ts';
import { filterForm, isNarrow } from './filter-form.ts';
import { gettingStarted } from './getting-started.ts';
import { document, type Html, notice, replayForm } from './layout.ts';
import type { Reader } from './reader.ts';
import { counted, figures, replayWarning } from './words.ts';

/** @param done The step of a replay that led here. */
export function eventListPage(request: ListRequest, page: EventPage, reader: Reader, done?: StepResult): Html {
  const { filter, cursor } = request;
  const isNew = page.events.length === 0 && cursor === null && !isNarrow(filter);
  const nothing = html`<p>Nothing received yet.</p>${gettingStarted(reader)}`;
  const content = html`${done && stepNotice(done)}
    <h1>Events</h1>
    ${filterForm(filter, reader)}
    ${filter.q && searched(filter.q)}
    ${isNew ? nothing : found(request, page, reader)}`;
  return document('Events', content, reader, 'events');
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
