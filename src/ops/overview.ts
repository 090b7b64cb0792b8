// The first page: is it receiving, is anything failing, why, and where to look next.
import { html } from 'hono/html';
import type { EventSummary } from '../ledger/queries.ts';
import { type Status, statuses } from '../ledger/status.ts';
import { address, eventAddress, PAGE_ROOT } from './addresses.ts';
import { eventTable } from './event-table.ts';
import { hourChart } from './hour-chart.ts';
import { document, type Html, section, statusBadge, terms } from './layout.ts';
import type { Snapshot } from './snapshot.ts';
import { type Verdict, verdictOn } from './verdict.ts';
import { when, whenStacked } from './when.ts';
import { figures, statusWords } from './words.ts';

interface OverviewProps {
  readonly snapshot: Snapshot;
  /** The latest events that are dead, quarantined or being retried. */
  readonly troubled: readonly EventSummary[];
  readonly configured: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function overviewPage(props: OverviewProps): Html {
  const { snapshot, troubled, configured, now } = props;
  const tiles = statuses.map((status) => tile(status, snapshot.byStatus[status]));
  const content = html`<h1 class="quiet">Overview</h1>
    ${verdictBox(verdictOn(snapshot, configured, now))}
    ${facts(props)}
    ${troubled.length > 0 && section('troubled', 'Recent failures', eventTable(troubled, now))}
    ${section('by-status', 'All events by status', html`<ul class="tiles">${tiles}</ul>`)}
    ${section('hours', 'Last 48 hours', hourChart(snapshot.perHour))}
    ${snapshot.byType.length > 0 && section('types', 'All events by type', types(snapshot))}
    <p class="asof">As of ${when(now, now)}. Events are kept for 30 days. For scripts:
      <a href="${PAGE_ROOT}/api/stats">stats</a> and <a href="${PAGE_ROOT}/metrics">metrics</a>.</p>`;
  return document('Overview', content, 'overview');
}

function verdictBox({ tone, headline, advice, command, besides, status }: Verdict): Html {
  const label = status && statusWords[status].label.toLowerCase();
  return html`<section class="verdict ${tone}" aria-label="Summary">
    <p class="headline">${headline}</p>
    <p>${advice}</p>
    ${command && html`<pre>${command}</pre>`}
    ${besides && html`<p>${besides}</p>`}
    ${status && html`<a class="button" href="${address('/events', { status })}">Show ${label} events</a>`}
  </section>`;
}

function facts({ snapshot, configured, now }: OverviewProps): Html {
  const { lastReceivedAt, oldestUnfinished: oldest, backlog } = snapshot;
  return terms('facts', [
    ['Last event received', lastReceivedAt === null ? 'none yet' : whenStacked(lastReceivedAt, now)],
    [
      'Oldest unfinished',
      oldest ? html`<a href="${eventAddress(oldest)}">${whenStacked(oldest.receivedAt, now)}</a>` : 'none',
    ],
    ['Waiting in the queue', countText(backlog.events)],
    ['In the dead-letter queue', countText(backlog.deadLetters)],
    ['Webhook secret', configured ? 'set' : 'missing'],
  ]);
}

function tile(status: Status, count: number): Html {
  return html`<li class="${count === 0 && 'none'}">
    <a href="${address('/events', { status })}"><span class="count">${figures(count)}</span>${statusBadge(status)}</a>
    <p>${statusWords[status].meaning}</p>
  </li>`;
}

function types({ byType }: Snapshot): Html {
  const totals = new Map<string, number>();
  for (const { type, count } of byType) totals.set(type, (totals.get(type) ?? 0) + count);
  const items = [...totals]
    .sort((a, b) => b[1] - a[1])
    .map(([type, count]) => html`<li><a href="${address('/events', { type })}">${type}</a> ${figures(count)}</li>`);
  return html`<ul class="types">${items}</ul>`;
}

function countText(count: number | null): string {
  return count === null ? 'unknown' : figures(count);
}
