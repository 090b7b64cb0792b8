// A bill as a table for people.
import type { Bill } from './bill.ts';
import { prices } from './prices.ts';

/** Lines of text. What is not used at all has no number of free events: a dash. */
export function tableOf({ lines, dollarsPerMillionEvents }: Bill): string[] {
  return [
    row('', 'per event', '$ per million', 'free events/day'),
    ...lines.map(({ resource, perEvent, dollarsPerMillionEvents: dollars, freeEventsPerDay: free }) =>
      row(
        prices[resource].name,
        perEvent.toFixed(3),
        dollars.toFixed(2),
        Number.isFinite(free) ? free.toLocaleString('en') : '–',
      ),
    ),
    row('Together', '', dollarsPerMillionEvents.toFixed(2)),
  ];
}

/**
 * A number that is wider than its column pushes the rest of its row; it never touches its
 * neighbour.
 */
function row(first: string, ...cells: readonly string[]): string {
  return [first.padEnd(18), ...cells.map((cell) => cell.padStart(15))].join(' ');
}
