// Events per hour as stacked bars, in SVG without script or inline style, and the same as a list.
import { html } from 'hono/html';
import type { Stats } from '../ledger/stats.ts';
import { statuses as allStatuses, type Status } from '../ledger/status.ts';
import { HOUR_MS } from '../ledger/tally.ts';
import { address } from './addresses.ts';
import type { Html } from './layout.ts';
import { isoOf, utc } from './when.ts';
import { counted, figures } from './words.ts';

/** Of the tallest bar: one failure beside thousands of successes must still be visible. */
const LEAST_SHARE = 1 / 40;

type Hour = Stats['perHour'][number];

/** From the bottom up. What needs attention sits on the base line, where bars compare best. */
const kinds: readonly (readonly [kind: string, statuses: readonly Status[]])[] = [
  ['dead', ['dead']],
  ['quarantined', ['quarantined']],
  ['unfinished', ['processing', 'retrying', 'queued']],
  ['processed', ['processed']],
];

/** A screen reader and the keyboard get the list: its links are those of the bars. */
export function hourChart(hours: readonly Hour[]): Html {
  const totals = hours.map((hour) => countOf(hour));
  const total = totals.reduce((sum, count) => sum + count, 0);
  if (total === 0) return html`<p class="empty">No events in the last 48 hours.</p>`;
  const most = Math.max(...totals);
  // The stylesheet turns the picture upside down: bars grow from y = 0, one unit for each event.
  return html`<figure class="chart">
    <figcaption>
      <span>${counted(total, 'event', 'events')} received in the last 48 hours, by hour and outcome</span>
      <ul class="legend">${kinds.map(([kind]) => html`<li class="${kind}">${kind}</li>`)}</ul>
    </figcaption>
    <p class="hint" aria-hidden="true">peak: ${figures(most)} in one hour</p>
    <svg viewBox="0 0 ${hours.length} ${most * 1.1}" preserveAspectRatio="none" aria-hidden="true">
      ${hours.map((hour, index) => bar(hour, index, most))}
    </svg>
    <p class="axis" aria-hidden="true">
      ${['48 h ago', '36 h', '24 h', '12 h', 'now'].map((mark) => html`<span>${mark}</span>`)}
    </p>
    <details><summary>The numbers behind the chart, by hour in UTC</summary>
      <ul>${hours
        .filter((hour) => countOf(hour) > 0)
        .map(numbers)
        .reverse()}</ul>
    </details>
  </figure>`;
}

function bar(hour: Hour, x: number, most: number): Html {
  let top = 0;
  const parts = kinds.map(([kind, statuses]) => {
    const count = countOf(hour, statuses);
    const height = count && Math.max(count, most * LEAST_SHARE);
    top += height;
    return height > 0 && rect(kind, x, top - height, height);
  });
  return html`<a href="${listOf(hour)}" tabindex="-1"><title>${hourText(hour)}: ${countsOf(hour)}</title>
    ${rect('ground', x, 0, most)}${parts}</a>`;
}

function rect(kind: string, x: number, y: number, height: number): Html {
  return html`<rect class="${kind}" x="${x}" y="${y}" width=".8" height="${height}"/>`;
}

function numbers(hour: Hour): Html {
  return html`<li><a href="${listOf(hour)}">${hourText(hour)}</a> ${countsOf(hour)}</li>`;
}

/** The list of what was received in the hour. */
function listOf({ hour }: Hour): string {
  return address('/events', { from: isoOf(hour), to: isoOf(hour + HOUR_MS) });
}

/** `2026-03-02 04:00` */
function hourText({ hour }: Hour): string {
  return utc(hour).slice(0, 16);
}

/** `1 dead, 20 processed` */
function countsOf(hour: Hour): string {
  const counts = kinds.map(([kind, statuses]) => {
    const count = countOf(hour, statuses);
    return count > 0 && `${figures(count)} ${kind}`;
  });
  return counts.filter(Boolean).join(', ') || 'none';
}

function countOf({ byStatus }: Hour, statuses: readonly Status[] = allStatuses): number {
  return statuses.reduce((sum, status) => sum + byStatus[status], 0);
}
