// What `npm run trigger` prints: every exchange when there are few, the answers counted when there are many.
import { describeExpected, isAsExpected, type PlannedSend } from './attack-modes.ts';
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
  const { delivery, expected, note } = planned;
  const sent = `-> ${delivery.type}, id ${delivery.id}, ${delivery.dialect} dialect, ${delivery.body.byteLength} bytes`;
  const verdict = isAsExpected(answer, expected) ? 'as expected' : `EXPECTED ${describeExpected(expected)}`;
  return `${sent}${note ? ` (${note})` : ''}\n<- ${answer.summary}  (${answer.ms} ms, ${verdict})`;
}

/** Many exchanges: how often which answer came, the unexpected ones with what they should have been. */
export function describeMany(exchanges: readonly Exchange[], elapsedMs: number): string {
  const counts = new Map<string, number>();
  for (const { planned, answer } of exchanges) {
    const verdict = isAsExpected(answer, planned.expected)
      ? 'as expected'
      : `EXPECTED ${describeExpected(planned.expected)}`;
    const line = `<- ${answer.summary}  (${verdict})`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const seconds = (elapsedMs / 1000).toFixed(1);
  const lines = [...counts].map(([line, count]) => `${String(count).padStart(6)} x ${line}`);
  return [`-> ${exchanges.length} deliveries in ${seconds} s`, ...lines].join('\n');
}
