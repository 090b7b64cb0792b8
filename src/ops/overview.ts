// The first page: is it receiving, is anything failing, why, and where to look next.
import { html } from 'hono/html';
import type { EventSummary } from '../ledger/queries.ts';
import { statuses } from '../ledger/status.ts';
import { address, eventAddress, PAGE_ROOT } from './addresses.ts';
import { eventTable } from './event-table.ts';
import { hourChart } from './hour-chart.ts';
import { document, gettingStarted, type Html, statusBadge, terms, verdict } from './layout.ts';
import type { Reader } from './reader.ts';
import type { Snapshot } from './snapshot.ts';
import { type Concern, READY, verdictOn } from './verdict.ts';
import { when, whenStacked } from './when.ts';
import { counted, figures } from './words.ts';

/** @param troubled The latest events that may need a person. */
export function overviewPage(
  snapshot: Snapshot,
  troubled: readonly EventSummary[],
  configured: boolean,
  reader: Reader,
): Html {
  const byStatus = statuses.map((status) => {
    const count = counted(snapshot.byStatus[status], 'event');
    return [statusBadge(status), html`<a href="${address('/events', { status })}">${count}</a>`] as const;
  });
  const content = html`<h1 class="quiet">Overview</h1>
    ${summary(verdictOn(snapshot, configured, reader), troubled.length > 0, reader)}
    ${facts(snapshot, reader)}
    ${troubled.length > 0 && html`<h2>Recent failures</h2>${eventTable(troubled, reader)}`}
    <h2>All events by status</h2>${terms('facts', byStatus)}
    <h2>Last 48 hours</h2>${hourChart(snapshot.perHour)}
    <footer>As of ${when(reader.now, reader)}. Events are kept for 30 days. For scripts:
      <a href="${PAGE_ROOT}/api/stats">stats</a> and <a href="${PAGE_ROOT}/metrics">metrics</a>.</footer>`;
  return document('Overview', content, reader, 'overview');
}

function summary([first, ...rest]: readonly [Concern, ...Concern[]], isTroubled: boolean, reader: Reader): Html {
  const more = html`${first.advice && html`<p>${first.advice}</p>`}
    ${first.command && html`<pre class="whole">${first.command}</pre>`}
    ${first === READY && gettingStarted(reader)}
    ${rest.length > 0 && html`<p>Also: ${rest.map((other, index) => html`${index > 0 && ', '}${named(other)}`)}.</p>`}
    ${
      isTroubled &&
      html`<a class="button primary" href="${address('/events', { status: 'attention' })}">
        Show what needs attention</a>`
    }`;
  return verdict(first.tone, named(first), more);
}

function named({ text, filter }: Concern): Html {
  return filter ? html`<a href="${address('/events', filter)}">${text}</a>` : html`${text}`;
}

function facts({ lastReceivedAt, oldestUnfinished: oldest, backlog }: Snapshot, reader: Reader): Html {
  const waiting = (count: number | null) => (count === null ? 'unknown' : figures(count));
  return terms('facts', [
    ['Last webhook received', lastReceivedAt === null ? 'none yet' : whenStacked(lastReceivedAt, reader)],
    [
      'Oldest unfinished',
      oldest ? html`<a href="${eventAddress(oldest)}">${whenStacked(oldest.receivedAt, reader)}</a>` : 'none',
    ],
    ['Waiting in the queue', waiting(backlog.events)],
    ['In the dead-letter queue', waiting(backlog.deadLetters)],
  ]);
}
