// A bill as a table for people.
import { columns } from '../../src/cli/columns.ts';
import type { Bill } from './bill.ts';
import { prices } from './prices.ts';

/** Lines of text. What is not used at all has no number of free events: a dash. */
export function tableOf({ lines, dollarsPerMillionEvents }: Bill): string[] {
  const rows = lines.map(({ resource, perEvent, dollarsPerMillionEvents: dollars, freeEventsPerDay: free }) => [
    prices[resource].name,
    perEvent.toFixed(3),
    dollars.toFixed(2),
    Number.isFinite(free) ? free.toLocaleString('en') : '–',
  ]);
  const head = ['', 'per event', '$ per million', 'free events/day'];
  return columns([head, ...rows, ['Together', '', dollarsPerMillionEvents.toFixed(2)]], [1, 2, 3]);
}
