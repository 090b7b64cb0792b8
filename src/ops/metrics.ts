// The snapshot as OpenMetrics text. What the ledger holds now are gauges: expiry and replay make
// them go down. What has happened so far are counters and histograms.
import { AGE_BOUNDS, DURATION_BOUNDS, type Histogram } from '../ledger/meters.ts';
import type { Glance } from '../patrol/glance.ts';
import type { Snapshot } from './snapshot.ts';

export const METRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** @param now Milliseconds since the epoch. */
export function renderMetrics(snapshot: Snapshot, configured: boolean, now: number, patrol?: Glance): string {
  const { byStatus, byType, kept, oldestUnfinished: oldest, lastReceivedAt, backlog, totals } = snapshot;
  const oldestMs = oldest ? Math.max(now - oldest.receivedAt, 0) : 0;
  return [
    gauge('configured', 'Whether a webhook secret is set.', [[{}, configured ? 1 : 0]]),
    gauge('events', 'Events in the ledger, by status.', samplesOf('status', byStatus)),
    gauge(
      'events_by_type',
      'Events in the ledger, by type and status.',
      byType.map(({ type, status, count }) => [{ type, status }, count]),
    ),
    gauge(
      'kept_deliveries',
      'Deliveries kept aside, by reason: genuine, but refused or unreadable.',
      kept.map(({ reason, count }) => [{ reason }, count]),
    ),
    gauge(
      'oldest_unfinished_age_seconds',
      'Age of the oldest event that is not yet processed or dead; 0 if there is none.',
      [[{}, oldestMs / 1000]],
    ),
    gauge(
      'last_received_timestamp_seconds',
      'When the newest event was received, tests apart; absent if there is none.',
      lastReceivedAt === null ? [] : [[{}, lastReceivedAt / 1000]],
    ),
    gauge(
      'queue_backlog_messages',
      'Messages waiting in a queue; absent if the queue reports no count.',
      [sampleOf('events', backlog.events), sampleOf('dead_letters', backlog.deadLetters)].flat(),
    ),
    counter('tries', 'Runs of handlers that have ended, by outcome.', samplesOf('outcome', totals.tries)),
    counter('duplicates', 'Copies of events that reached the ledger and were not run.', [[{}, totals.duplicates]]),
    histogram('handler_duration_seconds', 'How long handlers took.', DURATION_BOUNDS, totals.durations),
    histogram('delivery_age_seconds', 'How long before its arrival an event was created.', AGE_BOUNDS, totals.ages),
    patrol ? patrolMetrics(patrol) : [],
    '# EOF\n',
  ]
    .flat()
    .join('\n');
}

/** Before the first look there are no counts, and the time is 0, so that an alert sees that. */
function patrolMetrics({ lastSuccess, byState, dollarsPerHour: dollars }: Glance): string[] {
  const at: Sample[] = lastSuccess === undefined ? [] : [[{}, (lastSuccess ?? 0) / 1000]];
  return [
    gauge('instances', 'Instances at the last complete look, by state.', samplesOf('state', byState ?? {})),
    gauge('burn_dollars_per_hour', 'What they cost, as far as it is known.', dollars == null ? [] : [[{}, dollars]]),
    gauge('patrol_last_success_timestamp_seconds', 'When that look began; 0 before the first.', at),
  ].flat();
}

function samplesOf(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
}

function sampleOf(queue: string, count: number | null): Sample[] {
  return count === null ? [] : [[{ queue }, count]];
}

function gauge(name: string, help: string, samples: readonly Sample[]): string[] {
  return family('gauge', name, help, [['', samples]]);
}

function counter(name: string, help: string, samples: readonly Sample[]): string[] {
  return family('counter', name, help, [['_total', samples]]);
}

/** Each bucket counts what is at most its bound, those before it included. */
function histogram(name: string, help: string, bounds: readonly number[], { counts, sum }: Histogram): string[] {
  const upTo = (bucket: number) => counts.slice(0, bucket + 1).reduce((total, count) => total + count, 0);
  // OpenMetrics writes whole numbers as floats, too: `1.0`.
  const le = (bound = Number.POSITIVE_INFINITY) => String(bound).replace('Infinity', '+Inf').replace(/^\d+$/, '$&.0');
  const buckets = counts.map((_, bucket): Sample => [{ le: le(bounds[bucket]) }, upTo(bucket)]);
  const all = upTo(counts.length);
  return family('histogram', name, help, [
    ['_bucket', buckets],
    ['_count', [[{}, all]]],
    ['_sum', [[{}, sum]]],
  ]);
}

function family(
  kind: string,
  name: string,
  help: string,
  parts: readonly (readonly [suffix: string, samples: readonly Sample[]])[],
): string[] {
  const full = `vastai_${name}`;
  const lines = parts.flatMap(([suffix, samples]) => samples.map((sample) => line(`${full}${suffix}`, sample)));
  return [`# TYPE ${full} ${kind}`, `# HELP ${full} ${help}`, ...lines];
}

function line(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
