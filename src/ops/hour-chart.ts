// Events per hour as stacked bars, in SVG without script or inline style, and the same as a table.
import { html } from 'hono/html';
import type { Stats } from '../ledger/stats.ts';
import { statuses as allStatuses, type Status } from '../ledger/status.ts';
import { HOUR_MS } from '../ledger/tally.ts';
import { address } from './addresses.ts';
import { type Html, table } from './layout.ts';
import { isoOf, utc } from './when.ts';
import { counted, figures } from './words.ts';

const HEIGHT = 160;
const BAR_WIDTH = 16;
const BAR_STEP = 20;
/** One failure beside thousands of successes must still be visible. */
const LEAST_HEIGHT = 4;

type Hour = Stats['perHour'][number];

/** From the bottom up. What needs attention sits on the base line, where bars compare best. */
const kinds: readonly { readonly kind: string; readonly label: string; readonly statuses: readonly Status[] }[] = [
  { kind: 'dead', label: 'Dead', statuses: ['dead'] },
  { kind: 'quarantined', label: 'Quarantined', statuses: ['quarantined'] },
  { kind: 'unfinished', label: 'In progress', statuses: ['processing', 'retrying', 'queued'] },
  { kind: 'processed', label: 'Processed', statuses: ['processed'] },
];

/** A screen reader and the keyboard get the table: its links are those of the bars. */
export function hourChart(hours: readonly Hour[]): Html {
  const total = countOf(hours);
  if (total === 0) return html`<p class="empty">No events in the last 48 hours.</p>`;
  const most = Math.max(...hours.map((hour) => countOf([hour])));
  return html`<figure class="chart">
    <figcaption>
      <span>${counted(total, 'event', 'events')} received in the last 48 hours, by hour and outcome</span>
      <ul class="legend">${kinds.map(({ kind, label }) => html`<li class="${kind}">${label}</li>`)}</ul>
    </figcaption>
    <p class="most" aria-hidden="true">peak: ${figures(most)} in one hour</p>
    <svg viewBox="0 0 ${hours.length * BAR_STEP} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      ${hours.map((hour, index) => bar(hour, index * BAR_STEP, most))}
    </svg>
    <p class="axis" aria-hidden="true">
      ${['48 h ago', '36 h', '24 h', '12 h', 'now'].map((mark) => html`<span>${mark}</span>`)}
    </p>
    <details><summary>The numbers behind the chart</summary>${hourTable(hours)}</details>
  </figure>`;
}

/** The list of what was received in the hour. */
function listOf({ hour }: Hour): string {
  return address('/events', { from: isoOf(hour), to: isoOf(hour + HOUR_MS) });
}

function bar(hour: Hour, x: number, most: number): Html {
  let top = HEIGHT;
  const parts = kinds.map(({ kind, statuses }) => {
    const count = countOf([hour], statuses);
    if (count === 0) return '';
    const height = Math.max((count / most) * (HEIGHT - 4 * LEAST_HEIGHT), LEAST_HEIGHT);
    top -= height;
    return rect(kind, x, top, height);
  });
  return html`<a href="${listOf(hour)}" tabindex="-1">
    <title>${hourText(hour)}: ${countsOf(hour)}</title>
    ${rect('ground', x, 0, HEIGHT)}${parts}
  </a>`;
}

function rect(kind: string, x: number, y: number, height: number): Html {
  const [top, tall] = [y.toFixed(1), height.toFixed(1)];
  return html`<rect class="${kind}" x="${x}" y="${top}" width="${BAR_WIDTH}" height="${tall}"/>`;
}

function hourTable(hours: readonly Hour[]): Html {
  const busy = hours.filter((hour) => countOf([hour]) > 0).reverse();
  const rows = busy.map((hour) => {
    const counts = kinds.map(({ statuses }) => html`<td class="number">${figures(countOf([hour], statuses))}</td>`);
    return html`<tr><th scope="row"><a href="${listOf(hour)}">${hourText(hour)}</a></th>${counts}</tr>`;
  });
  return table('hours', [['Hour (UTC)'], ...kinds.map(({ label }) => [label, 'number'] as const)], rows);
}

/** `2026-03-02 04:00` */
function hourText({ hour }: Hour): string {
  return utc(hour).slice(0, 16);
}

/** `1 dead, 0 quarantined, …` */
function countsOf(hour: Hour): string {
  return kinds.map(({ label, statuses }) => `${countOf([hour], statuses)} ${label.toLowerCase()}`).join(', ');
}

function countOf(hours: readonly Hour[], statuses: readonly Status[] = allStatuses): number {
  const counts = hours.flatMap((hour) => statuses.map((status) => hour.byStatus[status]));
  return counts.reduce((sum, count) => sum + count, 0);
}
