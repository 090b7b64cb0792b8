// Events per hour as stacked bars, in SVG without script or inline style, and the same as a list.
import { html } from 'hono/html';
import type { Stats } from '../ledger/stats.ts';
import { statuses } from '../ledger/status.ts';
import { HOUR_MS } from '../ledger/tally.ts';
import { address } from './addresses.ts';
import type { Html } from './layout.ts';
import { isoOf, utc } from './when.ts';
import { counted, figures } from './words.ts';

/** Of the tallest bar: one failure beside thousands of successes must still be visible. */
const LEAST_SHARE = 1 / 40;

/**
 * What needs attention sits on the base line, where bars compare best. A screen reader and the
 * keyboard get the list: its links are those of the bars.
 */
export function hourChart(perHour: Stats['perHour']): Html {
  const totals = perHour.map(({ byStatus }) => sum(Object.values(byStatus)));
  if (sum(totals) === 0) return html`<p>No events in the last 48 hours.</p>`;
  const most = Math.max(...totals);
  const rect = (look: string, x: number, y: number, height: number) =>
    html`<rect class="${look}" x="${x}" y="${y}" width=".8" height="${height}"/>`;
  const hours = perHour.map(({ hour, byStatus }, x) => {
    const parts = statuses.filter((status) => byStatus[status] > 0);
    const counts = parts.map((status) => `${figures(byStatus[status])} ${status}`).join(', ') || 'none';
    const words = `${utc(hour).slice(0, 16)}: ${counts}`;
    const list = address('/events', { from: isoOf(hour), to: isoOf(hour + HOUR_MS) });
    let top = 0;
    const stacked = parts.map((status) => {
      const height = Math.max(byStatus[status], most * LEAST_SHARE);
      top += height;
      return rect(status, x, top - height, height);
    });
    return {
      bar: html`<a href="${list}" tabindex="-1"><title>${words}</title>${rect('ground', x, 0, most)}${stacked}</a>`,
      item: parts.length > 0 && html`<li><a href="${list}">${words}</a></li>`,
    };
  });
  const seen = statuses.filter((status) => perHour.some(({ byStatus }) => byStatus[status] > 0));
  // The stylesheet turns the picture upside down: bars grow from y = 0, one unit for each event.
  return html`<figure class="chart">
    <figcaption>
      <span>${counted(sum(totals), 'event')} by hour and outcome, peak: ${figures(most)} an hour</span>
      <ul class="legend">${seen.map((status) => html`<li class="${status}">${status}</li>`)}</ul>
    </figcaption>
    <svg viewBox="0 0 ${hours.length} ${most * 1.15}" preserveAspectRatio="none" aria-hidden="true">
      ${hours.map(({ bar }) => bar)}
    </svg>
    <p class="axis quiet" aria-hidden="true"><span>48 h ago</span><span>now</span></p>
    <details><summary>In numbers, by hour in UTC</summary>
      <ul>${hours.map(({ item }) => item).reverse()}</ul>
    </details>
  </figure>`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
