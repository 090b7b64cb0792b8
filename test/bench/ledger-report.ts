// What `npm run bench -- ledger` says: tables for the README, each goal with its verdict.
import { burstOf } from './burst.ts';
import { ceilingOf, claimAndSettle, FEW_ROWS, type LedgerFigures, operations, type PerEvent } from './ledger.ts';
import { markdownTable } from './markdown.ts';
import { besideCells } from './speed-report.ts';
import { median, ratios, spread, type Verdict, verdictOn } from './statistics.ts';

const MOST_ROWS_PER_EVENT = 3;
/** How many times as much an event may cost among many rows as among few. */
const MOST_GROWTH = 1.25;
/** How much slower than the other code still counts as no slower: noise of the same code twice. */
const NO_SLOWER = 1.05;
const BURST_EVENTS = 10_000;
const BURST_SECONDS = 60;

const NAMES = { claimNew: 'claim a new event', settle: 'settle it', claimKnown: 'claim a known event' };

export function growthTable({ few, many }: LedgerFigures, rows: number): string {
  const line = (what: string, less: readonly number[], more: readonly number[]) => {
    const each = ratios(more, less);
    return [what, median(less).toFixed(1), median(more).toFixed(1), median(each).toFixed(2), spread(each, 2)];
  };
  const lines = sizesOf(many).flatMap(([size, more]) => {
    const less = few.perEvent.get(size) ?? more;
    const single = operations.map((operation) =>
      line(`${NAMES[operation]}, batches of ${size}`, less[operation], more[operation]),
    );
    return [...single, line(`claim and settle, batches of ${size}`, claimAndSettle(less), claimAndSettle(more))];
  });
  const watch = line('a round of the watchdog', few.watch.map(thousand), many.watch.map(thousand));
  const head = ['µs', `${FEW_ROWS.toLocaleString('en')} rows`, `${rows.toLocaleString('en')} rows`, 'ratio', 'rounds'];
  return markdownTable(head, [...lines, watch], [1, 2, 3, 4]);
}

const thousand = (value: number) => value * 1_000;
const sizesOf = ({ perEvent }: LedgerFigures['many']): (readonly [number, PerEvent])[] => [...perEvent];

/** Claim and settle of an event among many rows, ours beside the other code's. */
export function besideTable(ours: LedgerFigures, other: LedgerFigures): string {
  const rows = sizesOf(ours.many).map(([size, samples]) => [
    `claim and settle, batches of ${size}`,
    median(claimAndSettle(samples)).toFixed(1),
    ...besideCells(claimAndSettle(samples), claimAndSettle(other.many.perEvent.get(size) ?? samples)),
  ]);
  return markdownTable(['µs, among many rows', 'ours', 'beside', 'ratio', 'rounds'], rows, [1, 2, 3, 4]);
}

export function ceilingTable({ many }: LedgerFigures): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const rows = sizesOf(many).map(([size, samples]) => {
    const ceiling = ceilingOf(samples);
    const { queue, ledgerCalls, ledgerTime, longestBatchSeconds } = burstOf(BURST_EVENTS, BURST_SECONDS, size, ceiling);
    const shares = [percent(ledgerTime), percent(ledgerCalls), percent(queue)];
    return [String(size), Math.round(ceiling).toLocaleString('en'), ...shares, `${longestBatchSeconds.toFixed(1)} s`];
  });
  const head = ['batch', 'events a second', "ledger's time", 'its calls', "queue's rate", 'a batch may take'];
  return markdownTable(head, rows, [0, 1, 2, 3, 4, 5]);
}

export interface LedgerGoal {
  readonly what: string;
  readonly verdict: Verdict;
}

export function judgeLedger(ours: LedgerFigures, other: LedgerFigures | undefined): readonly LedgerGoal[] {
  const { alone, batched } = ours.rowsWritten;
  const most = Math.max(alone.perEvent, batched.perEvent);
  const rows = { what: `rows written per event: ${most} (at most ${MOST_ROWS_PER_EVENT})`, rounds: [most] };
  const perSize = sizesOf(ours.many).flatMap(([size, samples]) => {
    const [mine, few] = [claimAndSettle(samples), claimAndSettle(ours.few.perEvent.get(size) ?? samples)];
    const growth = judged(`among many rows / among few, batches of ${size}`, ratios(mine, few), MOST_GROWTH);
    if (!other) return [growth];
    const theirs = claimAndSettle(other.many.perEvent.get(size) ?? samples);
    return [growth, judged(`ours / beside, batches of ${size}`, ratios(mine, theirs), NO_SLOWER)];
  });
  return [{ what: rows.what, verdict: verdictOn(rows.rounds, MOST_ROWS_PER_EVENT) }, ...perSize];
}

function judged(what: string, rounds: readonly number[], most: number): LedgerGoal {
  const text = `${what}: ${median(rounds).toFixed(2)}, rounds ${spread(rounds, 2)} (at most ${most.toFixed(2)})`;
  return { what: text, verdict: verdictOn(rounds, most) };
}
