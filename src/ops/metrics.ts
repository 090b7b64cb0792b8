// The snapshot as OpenMetrics text. All are gauges: expiry and replay make counts go down, too.
import type { Snapshot } from './snapshot.ts';

export const METRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** @param now Milliseconds since the epoch. */
export function renderMetrics(snapshot: Snapshot, configured: boolean, now: number): string {
  const { byStatus, byType, oldestUnfinished, lastReceivedAt, backlog } = snapshot;
  return [
    ...family('vastai_configured', 'Whether a webhook secret is set.', [[{}, configured ? 1 : 0]]),
    ...family(
      'vastai_events',
      'Events in the ledger, by status.',
      Object.entries(byStatus).map(([status, count]) => [{ status }, count]),
    ),
    ...family(
      'vastai_events_by_type',
      'Events in the ledger, by type and status.',
      byType.map(({ type, status, count }) => [{ type, status }, count]),
    ),
    ...family(
      'vastai_oldest_unfinished_age_seconds',
      'Age of the oldest event that is not yet processed or dead; 0 if there is none.',
      [[{}, oldestUnfinished ? Math.max(now - oldestUnfinished.receivedAt, 0) / 1000 : 0]],
    ),
    ...family(
      'vastai_last_received_timestamp_seconds',
      'When the newest event was received; absent if there is none.',
      lastReceivedAt === null ? [] : [[{}, lastReceivedAt / 1000]],
    ),
    ...family(
      'vastai_queue_backlog_messages',
      'Messages waiting in a queue; absent if the queue reports no count.',
      [sampleOf('events', backlog.events), sampleOf('dead_letters', backlog.deadLetters)].flat(),
    ),
    '# EOF\n',
  ].join('\n');
}

function sampleOf(queue: string, count: number | null): Sample[] {
  return count === null ? [] : [[{ queue }, count]];
}

function family(name: string, help: string, samples: readonly Sample[]): string[] {
  return [`# TYPE ${name} gauge`, `# HELP ${name} ${help}`, ...samples.map((sample) => line(name, sample))];
}

function line(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
