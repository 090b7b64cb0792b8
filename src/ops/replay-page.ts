// Running many events again: first the count, then step by step. Each step is its own form, so
// nothing runs by itself, and loading a page again does nothing.
import { html } from 'hono/html';
import type { EventFilter } from '../ledger/queries.ts';
import { REPLAY_STEP } from '../limits.ts';
import { address } from './addresses.ts';
import { document, type Html, notice } from './layout.ts';
import { figures } from './words.ts';

/** The outcome of the step that led here. */
export interface StepResult {
  readonly queued: number;
  readonly refused: number;
  readonly failed: number;
}

interface ReplayPageProps {
  readonly filter: EventFilter;
  readonly cursor: number | null;
  /** Events that still match, counted up to `MATCHES_COUNTED`. */
  readonly matching: number;
  /** Where counting stopped; null at the end. */
  readonly next: number | null;
  readonly done?: StepResult | undefined;
}

export function replayPage({ filter, cursor, matching, next, done }: ReplayPageProps): Html {
  const count = `${next === null ? '' : 'At least '}${figures(matching)}`;
  const words = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name, value], index) => html`${index > 0 && ', '}${name} <strong>${value}</strong>`);
  const older = matching === 0 && next !== null && address('/replay', { ...filter, cursor: next });
  const content = html`${done && stepNotice(done)}
    <h1>Run many events again</h1>
    <p>${count} ${whatIsLeft(matching, done !== undefined)}: ${words}</p>
    ${matching > 0 && stepForm({ ...filter, cursor }, matching)}
    ${older && html`<p><a href="${older}">Search older events</a></p>`}
    <p><a href="${address('/events', filter)}">Back to the list</a></p>`;
  return document('Run many again', content, 'events');
}

function stepForm(fields: object, matching: number): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form class="replay" method="post" action="${address('/replay')}">
    ${hidden}
    <p>Their handlers run from the start and repeat whatever they did before they failed. Fix the cause first, and
      try one event.</p>
    <button type="submit">Yes, run ${whatToRun(matching)} again</button>
  </form>`;
}

function whatToRun(matching: number): string {
  if (matching > REPLAY_STEP) return `the newest ${REPLAY_STEP}`;
  return matching === 1 ? 'it' : `all ${matching}`;
}

function whatIsLeft(matching: number, stepDone: boolean): string {
  if (stepDone) return matching === 1 ? 'event is left' : 'events are left';
  return matching === 1 ? 'event matches' : 'events match';
}

function stepNotice({ queued, refused, failed }: StepResult): Html {
  const skipped = refused > 0 && `, ${refused} skipped (being processed, already queued, or not an event)`;
  const left = failed > 0 && `, ${failed} not accepted by the queue: they are unchanged, try again in a minute`;
  return notice(failed > 0 ? 'bad' : 'good', html`${queued} sent to the queue${skipped}${left}.`);
}
