// When an event was created, received, started and done, and every try with the pause before it.
import { html } from 'hono/html';
import { duration } from '../duration.ts';
import type { EventRecord } from '../ledger/queries.ts';
import type { Try } from '../ledger/store.ts';
import { LEASE_MS, MAX_TRIES_KEPT } from '../limits.ts';
import { behindAClick, type Html, table, terms } from './layout.ts';
import type { Reader } from './reader.ts';
import { when, whenStacked } from './when.ts';
import { figures } from './words.ts';

/** What is known of its course, each time with how long after the one before. */
export function times({ event, receivedAt, status, updatedAt, leaseUntil, tries }: EventRecord, reader: Reader): Html {
  const [first] = tries.length < MAX_TRIES_KEPT ? tries : [];
  const running = tries.length === 0 && leaseUntil && leaseUntil - LEASE_MS;
  const isDone = status === 'processed' || status === 'dead';
  const course = [
    ['Created (sender’s clock)', event && Date.parse(event.created)],
    ['Received', receivedAt],
    ['Started', first ? startOf(first) : running],
    [status === 'dead' ? 'Given up' : 'Done', isDone && (tries.at(-1)?.at ?? updatedAt)],
  ] as const;
  const known = course.flatMap(([name, time]) => (time || time === 0 ? { name, time } : []));
  const rows = known.map(({ name, time }, index) => {
    const passed = time - (known[index - 1]?.time ?? time);
    const pause = html`<small>${duration(Math.abs(passed))} ${passed < 0 ? 'earlier' : 'later'}</small>`;
    return [name, html`${when(time, reader)} ${index > 0 && pause}`] as const;
  });
  return terms('details', rows);
}

/** A lost try is known by when its lease ended. */
function startOf({ at, ms, outcome }: Try): number {
  return outcome === 'lost' ? at - LEASE_MS : at - (ms ?? 0);
}

/** The runs of its handler that are remembered, the latest first. */
export function tries({ type, tries, receivedAt }: EventRecord, reader: Reader): Html {
  const isCut = tries.length >= MAX_TRIES_KEPT;
  const rows = tries.map((each, index) => {
    const { at, outcome, ms, error, run, attempt } = each;
    const before = tries[index - 1]?.at ?? (isCut ? undefined : receivedAt);
    return html`<tr>
      <th scope="row">${attempt ?? '?'}${run !== undefined && html` <small>of run ${run}</small>`}</th>
      <td class="outcome ${outcome}">${outcome}</td>
      <td>${before !== undefined && `after ${duration(Math.max(startOf(each) - before, 0))}`}</td>
      <td>${ms !== undefined && `${figures(ms)} ms`}</td>
      <td>${whenStacked(at, reader, at)}</td>
      <td class="error">${error && behindAClick(type, error)}</td>
    </tr>`;
  });
  return html`${table('tries', ['Try', 'Outcome', 'Started', 'Took', 'Ended', 'Error'], rows.reverse())}
    ${isCut && html`<p class="quiet">Only the last ${MAX_TRIES_KEPT} are kept.</p>`}`;
}
