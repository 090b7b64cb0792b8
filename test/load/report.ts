// What `npm run load` says at the end.
import { columns } from '../../src/cli/columns.ts';
import { isEachOnceInOrder, type Reading } from './killed-reader.ts';
import type { Kind } from './mix.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import type { Played } from './play.ts';
import { isReconciled, type Reconciliation } from './reconcile.ts';

/** Enough to look into, not enough to fill the screen. */
const MOST_NAMED = 5;

export interface LoadReport {
  readonly sent: Readonly<Record<Kind, number>>;
  readonly seconds: number;
  readonly perSecond: number;
  readonly latencyMs: Percentiles;
  /** The same way to an empty Worker: of the latency, what is not ours. Of our own Worker only. */
  readonly emptyMs?: Percentiles;
  readonly answeredAsDuplicate: number;
  readonly retried: number;
  readonly unexpected: Readonly<Record<string, number>>;
  readonly outOfTime: boolean;
  /** From the last answer until the ledger had come to rest. */
  readonly drainSeconds: number;
  readonly ledger: Reconciliation;
  readonly reconciled: boolean;
  /** With `--reader`. */
  readonly feed?: Reading;
}

export function reportOf(
  played: Played,
  ledger: Reconciliation,
  drainMs: number,
  emptyMs: Percentiles | undefined,
  feed: Reading | undefined,
): LoadReport {
  const { sent, latencies, answeredAsDuplicate, retried, outOfTime, ms } = played;
  return {
    sent,
    seconds: rounded(ms / 1_000),
    perSecond: rounded(Object.values(sent).reduce((sum, count) => sum + count, 0) / (ms / 1_000)),
    latencyMs: roundedAll(percentilesOf(latencies)),
    ...(emptyMs && { emptyMs: roundedAll(emptyMs) }),
    answeredAsDuplicate,
    retried,
    unexpected: Object.fromEntries(played.unexpected),
    outOfTime,
    drainSeconds: rounded(drainMs / 1_000),
    ledger,
    reconciled: isReconciled(ledger),
    ...(feed && { feed }),
  };
}

export function describe(report: LoadReport): string {
  const { sent, latencyMs, emptyMs, ledger, feed } = report;
  const unexpected = Object.entries(report.unexpected);
  const duplicates = report.answeredAsDuplicate.toLocaleString('en');
  const { missing, startedAgain, unlike, foreign } = ledger;
  return [
    ...columns([
      ['sent', counts({ ...sent })],
      [
        '',
        `in ${report.seconds} s, ${report.perSecond} a second; ${report.retried} sent again after a 5xx or no answer`,
      ],
      ['latency', inWords(latencyMs)],
      ...(emptyMs ? [['', `of an empty Worker, the same way: ${inWords(emptyMs)}`]] : []),
      [
        'answers',
        `${duplicates} duplicates at the edge; ${unexpected.length === 0 ? 'all as promised' : 'UNEXPECTED:'}`,
      ],
      ...unexpected.slice(0, MOST_NAMED).map(([text, count]) => ['', `${count} x ${text}`]),
      ['ledger', `at rest ${report.drainSeconds} s after the last answer`],
      ['', counts({ 'processed once': ledger.processedOnce, quarantined: ledger.quarantined })],
      ['', `missing ${named(missing)}, started again ${named(startedAgain)}`],
      ['', `in another status ${named(unlike)}, foreign ${named(foreign)}`],
      ...(feed ? describeReading(feed) : []),
    ]),
    ...(report.outOfTime ? ['OUT OF TIME: not everything was sent'] : []),
    report.reconciled ? 'Reconciled: nothing lost, nothing twice, nothing else.' : 'NOT RECONCILED.',
  ].join('\n');
}

function describeReading(feed: Reading): string[][] {
  const { read, kills, missing, twice, misplaced } = feed;
  const verdict = isEachOnceInOrder(feed) ? 'each event once, in order' : 'NOT each event once, in order';
  return [
    ['feed', `${counts({ read, 'times killed': kills })}: ${verdict}`],
    ['', `missing ${named(missing)}, twice ${named(twice)}, misplaced ${named(misplaced)}`],
  ];
}

function inWords({ p50, p90, p99, p999, max }: Percentiles): string {
  return `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, p99.9 ${p999} ms, longest ${max} ms`;
}

function counts(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
    .join(', ');
}

function named(ids: readonly string[]): string {
  return ids.length === 0 ? '0' : `${ids.length} (${ids.slice(0, MOST_NAMED).join(', ')})`;
}

function roundedAll(percentiles: Percentiles): Percentiles {
  const { p50, p90, p99, p999, max } = percentiles;
  return { p50: rounded(p50), p90: rounded(p90), p99: rounded(p99), p999: rounded(p999), max: rounded(max) };
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}
