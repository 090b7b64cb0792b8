// The snapshot as OpenMetrics text. What the ledger holds now are gauges: expiry and replay make
// them go down. What has happened so far are counters and histograms.
import { AGE_BOUNDS, DURATION_BOUNDS, type Histogram } from '../ledger/meters.ts';
import { accountOf, countsOf, type Picture } from '../patrol/picture.ts';
import type { Snapshot } from './snapshot.ts';

export const METRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
/** What is not known (null) is left out. `suffix` ends the name. */
type Sample = readonly [labels: Labels, value: number | null | undefined, suffix?: string];
type Family = readonly [kind: 'gauge' | 'counter' | 'histogram', name: string, help: string, readonly Sample[]];

/** @param now Milliseconds since the epoch. */
export function renderMetrics(snapshot: Snapshot, configured: boolean, now: number, picture?: Picture | null): string {
  const { byStatus, byType, kept, oldestUnfinished: oldest, lastReceivedAt, backlog, totals } = snapshot;
  const oldestMs = oldest ? Math.max(now - oldest.receivedAt, 0) : 0;
  const lastAt = lastReceivedAt && lastReceivedAt / 1000;
  const waiting = { events: backlog.events, dead_letters: backlog.deadLetters };
  const durations = inBuckets(DURATION_BOUNDS, totals.durations);
  const ages = inBuckets(AGE_BOUNDS, totals.ages);
  const families: readonly Family[] = [
    ['gauge', 'configured', 'Whether a webhook secret is set.', [[{}, configured ? 1 : 0]]],
    ['gauge', 'events', 'Events in the ledger, by status.', samplesOf('status', byStatus)],
    ['gauge', 'events_by_type', 'Events in the ledger, by type and status.', counted(byType)],
    ['gauge', 'kept_deliveries', 'Deliveries kept aside, by reason.', counted(kept)],
    ['gauge', 'oldest_unfinished_age_seconds', 'Age of the oldest unfinished event, or 0.', [[{}, oldestMs / 1000]]],
    ['gauge', 'last_received_timestamp_seconds', 'When the newest webhook came, tests apart.', [[{}, lastAt]]],
    ['gauge', 'queue_backlog_messages', 'Messages waiting in a queue.', samplesOf('queue', waiting)],
    ['counter', 'tries', 'Runs of handlers, by outcome.', samplesOf('outcome', totals.tries)],
    ['counter', 'duplicates', 'Copies that reached the ledger.', [[{}, totals.duplicates]]],
    ['histogram', 'handler_duration_seconds', 'How long handlers took.', durations],
    ['histogram', 'delivery_age_seconds', 'How long before its arrival an event was created.', ages],
    ...(picture === undefined ? [] : patrolFamilies(picture)),
  ];
  return `${families.flatMap(linesOf).join('\n')}\n# EOF\n`;
}

/** Before the first look there are no counts, and the time is 0, so that an alert sees that. */
function patrolFamilies(picture: Picture | null): Family[] {
  const { dollarsPerHour } = accountOf(picture);
  const at = (picture?.at ?? 0) / 1000;
  const byState = samplesOf('state', picture ? countsOf(picture) : {});
  return [
    ['gauge', 'instances', 'Instances at the last complete look, by state.', byState],
    ['gauge', 'burn_dollars_per_hour', 'What they cost, as far as it is known.', [[{}, dollarsPerHour]]],
    ['gauge', 'patrol_last_success_timestamp_seconds', 'When that look began; 0 before the first.', [[{}, at]]],
  ];
}

function samplesOf(label: string, counts: Readonly<Record<string, number | null>>): Sample[] {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
}

/** All of a row but its count are labels. */
function counted(rows: readonly ({ readonly count: number } & object)[]): Sample[] {
  return rows.map(({ count, ...labels }) => [labels as Labels, count]);
}

/** Each bucket counts what is at most its bound, those before it included. */
function inBuckets(bounds: readonly number[], { counts, sum }: Histogram): Sample[] {
  let count = 0;
  const buckets = counts.map((inBucket, bucket): Sample => {
    count += inBucket;
    // OpenMetrics writes whole numbers as floats, too: `1.0`.
    const le = String(bounds[bucket] ?? '+Inf').replace(/^\d+$/, '$&.0');
    return [{ le }, count, '_bucket'];
  });
  return [...buckets, [{}, count, '_count'], [{}, sum, '_sum']];
}

function linesOf([kind, name, help, samples]: Family): string[] {
  const full = `vastai_${name}`;
  const ending = kind === 'counter' ? '_total' : '';
  const lines = samples
    .filter(([, value]) => value != null)
    .map(([labels, value, suffix = ending]) => `${full}${suffix}${inBraces(labels)} ${value}`);
  return [`# TYPE ${full} ${kind}`, `# HELP ${full} ${help}`, ...lines];
}

function inBraces(labels: Labels): string {
  const escaped = (text: string) => text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
