// When an event was created, received, started and done, and every try with the pause before it.
import { html } from 'hono/html';
import type { EventRecord } from '../ledger/queries.ts';
import type { Try } from '../ledger/store.ts';
import { LEASE_MS, MAX_TRIES_KEPT } from '../limits.ts';
import { type Html, table, terms } from './layout.ts';
import type { Reader } from './reader.ts';
import { duration, when, whenInRow } from './when.ts';
import { figures } from './words.ts';

export function times({ event, receivedAt, status, updatedAt, leaseUntil, tries }: EventRecord, reader: Reader): Html {
  const created = Date.parse(event?.created ?? '');
  const running = leaseUntil === null ? undefined : leaseUntil - LEASE_MS;
  const started =
    tries.length < MAX_TRIES_KEPT && tries[0] ? startOf(tries[0]) : tries.length === 0 ? running : undefined;
  const done = status === 'processed' || status === 'dead' ? (tries.at(-1)?.at ?? updatedAt) : undefined;
  const after = (time: number, before: number | undefined, from: string) =>
    html`${when(time, reader)}${before !== undefined && html`<br><small>${between(before, time)} ${from}</small>`}`;
  const known = Number.isNaN(created) ? undefined : created;
  return terms('details', [
    ['Created (sender’s clock)', known === undefined ? 'unknown' : when(known, reader)],
    ['Received', after(receivedAt, known, 'it was created')],
    [
      'Started',
      started === undefined
        ? tries.length > 0
          ? 'not kept'
          : 'not yet'
        : after(started, receivedAt, 'it was received'),
    ],
    [status === 'dead' ? 'Given up' : 'Done', done === undefined ? 'not yet' : after(done, started, 'it started')],
  ]);
}

/** `2.4 s after`, `1 min 5 s before` */
function between(from: number, to: number): string {
  return `${duration(Math.abs(to - from))} ${to < from ? 'before' : 'after'}`;
}

/** A lost try is known by when its lease ended. */
function startOf({ at, ms, outcome }: Try): number {
  return outcome === 'lost' ? at - LEASE_MS : at - (ms ?? 0);
}

const tryWords: Record<Try['outcome'], string> = { succeeded: 'Succeeded', failed: 'Failed', lost: 'Lost' };

/** The runs of its handler that are remembered, the latest first. */
export function tries({ tries, status, receivedAt }: EventRecord, reader: Reader): Html {
  if (tries.length === 0)
    return html`<p>${status === 'quarantined' ? 'No handler has run.' : 'None has ended yet.'}</p>`;
  const isCut = tries.length >= MAX_TRIES_KEPT;
  const rows = tries.map((each, index) => {
    const { at, outcome, ms, error, run, attempt } = each;
    const before = tries[index - 1]?.at ?? (isCut ? undefined : receivedAt);
    return html`<tr>
      <th scope="row">${attempt ?? '?'}${run !== undefined && html` <small>of run ${run}</small>`}</th>
      <td class="outcome ${outcome}">${tryWords[outcome]}</td>
      <td class="number">${before !== undefined && duration(Math.max(startOf(each) - before, 0))}</td>
      <td class="number">${ms !== undefined && `${figures(ms)} ms`}</td>
      <td>${whenInRow(at, at, reader)}</td>
      <td class="error">${error}</td>
    </tr>`;
  });
  const columns = [['Try'], ['Outcome'], ['Pause before', 'number'], ['Took', 'number'], ['Ended'], ['Error']] as const;
  return html`${table('tries', columns, rows.reverse())}
    ${isCut && html`<p class="hint">Only the last ${MAX_TRIES_KEPT} are kept.</p>`}`;
}
