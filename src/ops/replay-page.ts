// Running many events again: first the count, then step by step. Each step is its own form, so
// nothing runs by itself, and loading a page again does nothing.
import { html } from 'hono/html';
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { REPLAY_STEP } from '../limits.ts';
import { address } from './addresses.ts';
import { eventTable } from './event-table.ts';
import { filterWords } from './filter-form.ts';
import { document, type Html, notice } from './layout.ts';
import type { Reader } from './reader.ts';
import { counted } from './words.ts';

/** The outcome of the step that led here. */
export interface StepResult {
  readonly queued: number;
  readonly refused: number;
  readonly failed: number;
}

interface ReplayPageProps {
  readonly filter: EventFilter;
  readonly cursor: number | null;
  /** The first of those that still match, and how many do. */
  readonly page: EventPage;
  readonly done?: StepResult | undefined;
  readonly reader: Reader;
}

/** How many events the page shows of those that it would run. */
export const PREVIEWED = 3;

export function replayPage({ filter, cursor, page, done, reader }: ReplayPageProps): Html {
  const { matches, more, events } = page;
  const title = matches === 1 && !more ? 'Run this event again' : 'Run many events again';
  const count = `${more ? 'At least ' : ''}${counted(matches, ...whatIsLeft(done !== undefined))}`;
  const list = address('/events', filter);
  const older = matches === 0 && page.cursor !== null && address('/replay', { ...filter, cursor: page.cursor });
  const content = html`${done && stepNotice(done)}
    <h1>${title}</h1>
    <p>${count}: ${filterWords(filter)}</p>
    ${matches > 0 && eventTable(events, reader)}
    ${matches > events.length && html`<p class="hint">…</p>`}
    ${older && html`<p><a href="${older}">Search older events</a></p>`}
    ${matches > 0 && stepForm({ ...filter, cursor }, matches, list)}
    ${matches === 0 && html`<p><a href="${list}">Back to the list</a></p>`}`;
  return document(title, content, reader, 'events');
}

function stepForm(fields: object, matching: number, list: string): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form class="replay" method="post" action="${address('/replay')}">
    ${hidden}
    <p>Handlers run from the start and repeat whatever they did before they failed. Fix the cause
      first${matching > 1 && ', and try one event'}.</p>
    <button class="primary" type="submit">Yes, run ${whatToRun(matching)} again</button>
    <a class="button" href="${list}">No, back to the list</a>
  </form>`;
}

function whatToRun(matching: number): string {
  if (matching > REPLAY_STEP) return `the newest ${REPLAY_STEP}`;
  return matching === 1 ? 'it' : `all ${matching}`;
}

function whatIsLeft(stepDone: boolean): [one: string, many: string] {
  return stepDone ? ['event is left', 'events are left'] : ['event matches', 'events match'];
}

function stepNotice({ queued, refused, failed }: StepResult): Html {
  const skipped = refused > 0 && `, ${refused} skipped (being processed, already queued, or not an event)`;
  const left = failed > 0 && `, ${failed} not accepted by the queue: they are unchanged, try again in a minute`;
  return notice(failed > 0 ? 'bad' : 'good', html`${queued} sent to the queue${skipped}${left}.`);
}
