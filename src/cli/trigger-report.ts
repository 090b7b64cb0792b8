// What `npm run trigger` prints: every exchange of few, the answers counted of many.
import { describeExpected, isAsExpected, type PlannedSend } from './attack-modes.ts';
import { columns } from './columns.ts';
import type { Answer } from './send.ts';

export interface Exchange {
  readonly planned: PlannedSend;
  readonly answer: Answer;
}

/** Whether every answer was what its delivery deserved. */
export function allAsExpected(exchanges: readonly Exchange[]): boolean {
  return exchanges.every(({ planned, answer }) => isAsExpected(answer, planned.expected));
}

/** One exchange: what was sent, what came back, and what should have. */
export function describeExchange({ planned, answer }: Exchange): string {
  const { delivery, note } = planned;
  const sent = `-> ${delivery.type}, id ${delivery.id}, ${delivery.dialect} dialect, ${delivery.body.byteLength} bytes`;
  return `${sent}${note ? ` (${note})` : ''}\n<- ${answer.summary}  (${answer.ms} ms, ${verdict({ planned, answer })})`;
}

function verdict({ planned: { expected }, answer }: Exchange): string {
  return isAsExpected(answer, expected) ? 'as expected' : `EXPECTED ${describeExpected(expected)}`;
}

/** Many exchanges: how often each answer came, and what unexpected ones should have been. */
export function describeMany(exchanges: readonly Exchange[], elapsedMs: number): string {
  const counts = new Map<string, number>();
  for (const exchange of exchanges) {
    const line = `<- ${exchange.answer.summary}  (${verdict(exchange)})`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const seconds = (elapsedMs / 1000).toFixed(1);
  const rows = [...counts].map(([line, count]) => [`${count} x`, line]);
  const lines = columns(rows, [0]);
  return [`-> ${exchanges.length} deliveries in ${seconds} s`, ...lines].join('\n');
}
