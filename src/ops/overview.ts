// The first page: is it receiving, is anything failing, why, and where to look next.
import { html } from 'hono/html';
import type { EventSummary } from '../ledger/queries.ts';
import type { Status } from '../ledger/status.ts';
import { address, eventAddress, PAGE_ROOT } from './addresses.ts';
import { eventTable } from './event-table.ts';
import { gettingStarted } from './getting-started.ts';
import { hourChart } from './hour-chart.ts';
import { document, type Html, section, statusBadge, terms } from './layout.ts';
import type { Reader } from './reader.ts';
import type { Snapshot } from './snapshot.ts';
import { type Concern, READY, verdictOn } from './verdict.ts';
import { when, whenStacked } from './when.ts';
import { byUrgency, figures, statusWords } from './words.ts';

/** @param troubled The latest events that may need a person. */
export function overviewPage(
  snapshot: Snapshot,
  troubled: readonly EventSummary[],
  configured: boolean,
  reader: Reader,
): Html {
  const tiles = byUrgency.map((status) => tile(status, snapshot.byStatus[status]));
  const content = html`<h1 class="quiet">Overview</h1>
    ${verdictBox(verdictOn(snapshot, configured, reader), troubled.length > 0, reader)}
    ${facts(snapshot, configured, reader)}
    ${troubled.length > 0 && section('troubled', 'Recent failures', eventTable(troubled, reader))}
    ${section('by-status', 'All events by status', html`<ul class="tiles">${tiles}</ul>`)}
    ${section('hours', 'Last 48 hours', hourChart(snapshot.perHour))}
    <p class="asof">As of ${when(reader.now, reader)}. Events are kept for 30 days. For scripts:
      <a href="${PAGE_ROOT}/api/stats">stats</a> and <a href="${PAGE_ROOT}/metrics">metrics</a>.</p>`;
  return document('Overview', content, reader, 'overview');
}

function verdictBox([first, ...rest]: readonly [Concern, ...Concern[]], isTroubled: boolean, reader: Reader): Html {
  return html`<section class="verdict ${first.tone}" aria-label="Summary">
    <p class="headline">${named(first)}</p>
    ${first.advice && html`<p>${first.advice}</p>`}
    ${first.command && html`<pre class="whole">${first.command}</pre>`}
    ${first === READY && gettingStarted(reader)}
    ${rest.length > 0 && html`<p>Also: ${rest.map((other, index) => html`${index > 0 && ', '}${named(other)}`)}.</p>`}
    ${
      isTroubled &&
      html`<a class="button primary" href="${address('/events', { status: 'attention' })}">
        Show what needs attention</a>`
    }
  </section>`;
}

function named({ text, filter }: Concern): Html {
  return filter ? html`<a href="${address('/events', filter)}">${text}</a>` : html`${text}`;
}

function facts(snapshot: Snapshot, configured: boolean, reader: Reader): Html {
  const { lastReceivedAt, oldestUnfinished: oldest, backlog } = snapshot;
  const waiting = (count: number | null) => (count === null ? 'unknown' : figures(count));
  return terms('facts', [
    ['Last event received', lastReceivedAt === null ? 'none yet' : whenStacked(lastReceivedAt, reader)],
    [
      'Oldest unfinished',
      oldest ? html`<a href="${eventAddress(oldest)}">${whenStacked(oldest.receivedAt, reader)}</a>` : 'none',
    ],
    ['Waiting in the queue', waiting(backlog.events)],
    ['In the dead-letter queue', waiting(backlog.deadLetters)],
    ['Webhook secret', configured ? 'set' : 'missing'],
  ]);
}

function tile(status: Status, count: number): Html {
  return html`<li class="${count === 0 && 'none'}">
    <a href="${address('/events', { status })}"><span class="count">${figures(count)}</span>${statusBadge(status)}</a>
    <p>${statusWords[status].meaning}</p>
  </li>`;
}
