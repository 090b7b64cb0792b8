// Running many events again: first the count, then step by step. Each step is its own form, so
// nothing runs by itself, and loading a page again does nothing.
import type { EventFilter } from '../ledger/queries.ts';
import { REPLAY_STEP } from '../limits.ts';
import { address } from './addresses.ts';
import { document, Notice } from './layout.tsx';

/** The outcome of the step that led here. */
export interface StepResult {
  readonly queued: number;
  readonly refused: number;
  readonly failed: number;
}

interface ReplayPageProps {
  readonly filter: EventFilter;
  readonly cursor: number | null;
  /** Events that still match, counted up to `REPLAY_COUNTED`. */
  readonly matching: number;
  /** Where counting stopped; null at the end. */
  readonly next: number | null;
  readonly done?: StepResult | undefined;
}

export function replayPage({ filter, cursor, matching, next, done }: ReplayPageProps) {
  const count = `${next === null ? '' : 'At least '}${matching.toLocaleString('en')}`;
  return document(
    'Run many again',
    <>
      {done && <Done done={done} />}
      <h1>Run many events again</h1>
      <p>
        {count} {whatIsLeft(matching, done !== undefined)}: <FilterWords filter={filter} />
      </p>
      {matching > 0 && (
        <form class="replay" method="post" action={address('/replay')}>
          {Object.entries({ ...filter, cursor }).map(([name, value]) => (
            <input type="hidden" name={name} value={value ?? ''} />
          ))}
          <p>
            Their handlers run from the start and repeat whatever they did before they failed. Fix the cause first, and
            try one event.
          </p>
          <button type="submit">Yes, run {whatToRun(matching)} again</button>
        </form>
      )}
      {matching === 0 && next !== null && (
        <p>
          <a href={address('/replay', { ...filter, cursor: next })}>Search older events</a>
        </p>
      )}
      <p>
        <a href={address('/events', filter)}>Back to the list</a>
      </p>
    </>,
    'events',
  );
}

function whatToRun(matching: number): string {
  if (matching > REPLAY_STEP) return `the newest ${REPLAY_STEP}`;
  return matching === 1 ? 'it' : `all ${matching}`;
}

function whatIsLeft(matching: number, stepDone: boolean): string {
  if (stepDone) return matching === 1 ? 'event is left' : 'events are left';
  return matching === 1 ? 'event matches' : 'events match';
}

function Done({ done }: { done: StepResult }) {
  const { queued, refused, failed } = done;
  return (
    <Notice tone={failed > 0 ? 'bad' : 'good'}>
      {queued} sent to the queue
      {refused > 0 && `, ${refused} skipped (being processed, already queued, or not an event)`}
      {failed > 0 && `, ${failed} not accepted by the queue: they are unchanged, try again in a minute`}.
    </Notice>
  );
}

function FilterWords({ filter }: { filter: EventFilter }) {
  const set = Object.entries(filter).filter(([, value]) => value !== undefined);
  return (
    <>
      {set.map(([name, value], index) => (
        <>
          {index > 0 && ', '}
          {name} <strong>{value}</strong>
        </>
      ))}
    </>
  );
}
