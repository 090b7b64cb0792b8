// What `npm run trigger` prints: of few every exchange and event, of many how often each came.
import { LOCAL_WATCH_INTERVAL_MS, STUCK_AFTER_MS } from '../limits.ts';
import { oneLine } from '../vast/harmless.ts';
import { describeExpected, isAsExpected } from './attack-modes.ts';
import type { Exchange } from './send.ts';
import type { Target } from './target.ts';
import type { Followed } from './what-became.ts';

/** Whether every answer was what its delivery deserved. */
export function allAsExpected(exchanges: readonly Exchange[]): boolean {
  return exchanges.every(({ planned, answer }) => isAsExpected(answer, planned.expected));
}

const MOST_SHOWN_ONE_BY_ONE = 5;

/** Few exchanges one by one, many counted. */
export function describeExchanges(exchanges: readonly Exchange[], elapsedMs: number): string[] {
  if (exchanges.length <= MOST_SHOWN_ONE_BY_ONE) return exchanges.map(describeExchange);
  const seconds = (elapsedMs / 1000).toFixed(1);
  const answers = exchanges.map((exchange) => `<- ${exchange.answer.summary}  (${verdict(exchange)})`);
  return [`-> ${exchanges.length} deliveries in ${seconds} s`, ...counted(answers)];
}

/**
 * What became of few events one by one, of many counted.
 *
 * @param now Milliseconds since the epoch.
 */
export function describeFates(followed: readonly Followed[], target: Target, now: number): string[] {
  if (followed.length === 0) return ['=> nothing was kept, so nothing will become of it'];
  if (followed.length > MOST_SHOWN_ONE_BY_ONE) return counted(followed.map((each) => `=> ${describeFate(each)}`));
  return followed.map((each) => `=> id ${each.id}: ${describeFate(each)}${nextTry(each, target, now)}`);
}

/** One exchange: what was sent, what came back, and what should have. */
function describeExchange({ planned, answer }: Exchange): string {
  const { delivery, note } = planned;
  const sent = `-> ${delivery.type}, id ${delivery.id}, ${delivery.dialect} dialect, ${delivery.body.byteLength} bytes`;
  return `${sent}${note ? ` (${note})` : ''}\n<- ${answer.summary}  (${answer.ms} ms, ${verdict({ planned, answer })})`;
}

function verdict({ planned: { expected }, answer }: Exchange): string {
  return isAsExpected(answer, expected) ? 'as expected' : `EXPECTED ${describeExpected(expected)}`;
}

/** Each line once, with how often it came. */
function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const width = String(Math.max(...counts.values())).length;
  return [...counts].map(([line, count]) => `${String(count).padStart(width)} x  ${line}`);
}

/** What became of one event. */
export function describeFate({ row, duplicate }: Followed): string {
  const again = duplicate ? 'duplicate, not run again: ' : '';
  const tries = row?.attempts ?? 1;
  const error = oneLine(row?.lastError ?? 'an unknown error', 500);
  switch (row?.status) {
    case 'processed':
      return `${again}processed${tries > 1 ? ` at try ${tries}` : ''}`;
    case 'retrying':
      return `${again}retrying, try ${tries} FAILED: ${error}`;
    case 'dead':
      return `${again}dead, try ${tries} FAILED for good: ${error}`;
    case 'quarantined':
      return `quarantined (${oneLine(row.refusalReason ?? 'refused')}): kept, no handler runs`;
    default:
      return `${again}NOT finished: ${row ? `it is ${oneLine(row.status)}` : 'the ledger does not know it'}`;
  }
}

function nextTry({ row }: Followed, { local }: Target, now: number): string {
  if (row?.status !== 'retrying' || row.dueAt == null) return '';
  // The ledger notes when its watchdog looks, which is that much later.
  const at = row.dueAt - (local ? LOCAL_WATCH_INTERVAL_MS : STUCK_AFTER_MS);
  return ` (next try in ${Math.max(0, Math.ceil((at - now) / 1000))} s)`;
}
