// The first page: is it receiving, is anything failing, why, and where to look next.
import type { EventSummary } from '../ledger/queries.ts';
import { type Status, statuses } from '../ledger/status.ts';
import { address, eventAddress, PAGE_ROOT } from './addresses.ts';
import { EventTable } from './event-table.tsx';
import { HourChart } from './hour-chart.tsx';
import { document, Section, StatusBadge, Terms } from './layout.tsx';
import type { Snapshot } from './snapshot.ts';
import { verdictOn } from './verdict.ts';
import { When } from './when.tsx';
import { statusWords } from './words.ts';

interface OverviewProps {
  readonly snapshot: Snapshot;
  /** The latest events that are dead, quarantined or being retried. */
  readonly troubled: readonly EventSummary[];
  readonly configured: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function overviewPage(props: OverviewProps) {
  const { snapshot, troubled, now } = props;
  return document(
    'Overview',
    <>
      <h1 class="quiet">Overview</h1>
      <VerdictBox {...props} />
      <Facts {...props} />
      {troubled.length > 0 && (
        <Section id="troubled" title="Recent failures">
          <EventTable events={troubled} now={now} />
        </Section>
      )}
      <Section id="by-status" title="All events by status">
        <ul class="tiles">
          {statuses.map((status) => (
            <Tile status={status} count={snapshot.byStatus[status]} />
          ))}
        </ul>
      </Section>
      <Section id="hours" title="Last 48 hours">
        <HourChart hours={snapshot.perHour} />
      </Section>
      {snapshot.byType.length > 0 && <Types snapshot={snapshot} />}
      <p class="asof">
        As of <When time={now} now={now} />. Events are kept for 30 days. For scripts:{' '}
        <a href={`${PAGE_ROOT}/api/stats`}>stats</a> and <a href={`${PAGE_ROOT}/metrics`}>metrics</a>.
      </p>
    </>,
    'overview',
  );
}

function VerdictBox({ snapshot, configured, now }: OverviewProps) {
  const verdict = verdictOn(snapshot, configured, now);
  return (
    <section class={`verdict ${verdict.tone}`} aria-label="Summary">
      <p class="headline">{verdict.headline}</p>
      <p>{verdict.advice}</p>
      {verdict.command && <pre>{verdict.command}</pre>}
      {verdict.besides && <p>{verdict.besides}</p>}
      {verdict.status && (
        <a class="button" href={address('/events', { status: verdict.status })}>
          Show {statusWords[verdict.status].label.toLowerCase()} events
        </a>
      )}
    </section>
  );
}

function Facts({ snapshot, configured, now }: OverviewProps) {
  const { lastReceivedAt, oldestUnfinished, backlog } = snapshot;
  const oldest = oldestUnfinished && (
    <a href={eventAddress(oldestUnfinished)}>
      <When time={oldestUnfinished.receivedAt} now={now} stacked />
    </a>
  );
  return (
    <Terms
      look="facts"
      rows={[
        [
          'Last event received',
          lastReceivedAt === null ? 'none yet' : <When time={lastReceivedAt} now={now} stacked />,
        ],
        ['Oldest unfinished', oldest ?? 'none'],
        ['Waiting in the queue', countText(backlog.events)],
        ['In the dead-letter queue', countText(backlog.deadLetters)],
        ['Webhook secret', configured ? 'set' : 'missing'],
      ]}
    />
  );
}

function Tile({ status, count }: { status: Status; count: number }) {
  const { meaning } = statusWords[status];
  return (
    <li class={count === 0 ? 'none' : undefined}>
      <a href={address('/events', { status })}>
        <span class="count">{count.toLocaleString('en')}</span>
        <StatusBadge status={status} />
      </a>
      <p>{meaning}</p>
    </li>
  );
}

function Types({ snapshot }: { snapshot: Snapshot }) {
  const totals = new Map<string, number>();
  for (const { type, count } of snapshot.byType) totals.set(type, (totals.get(type) ?? 0) + count);
  const types = [...totals].sort((a, b) => b[1] - a[1]);
  return (
    <Section id="types" title="All events by type">
      <ul class="types">
        {types.map(([type, count]) => (
          <li>
            <a href={address('/events', { type })}>{type}</a> {count.toLocaleString('en')}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function countText(count: number | null): string {
  return count === null ? 'unknown' : count.toLocaleString('en');
}
