// A bill as a table for people.
import { markdownTable } from '../bench/markdown.ts';
import type { Bill } from './bill.ts';
import { prices } from './prices.ts';

/** In Markdown. What is not used at all has no number of free events: a dash. */
export function tableOf({ lines, dollarsPerMillionEvents }: Bill): string {
  const rows = lines.map(({ resource, perEvent, dollarsPerMillionEvents: dollars, freeEventsPerDay: free }) => [
    prices[resource].name,
    perEvent.toFixed(3),
    dollars.toFixed(2),
    Number.isFinite(free) ? free.toLocaleString('en') : '–',
  ]);
  const head = ['resource', 'per event', '$ per million', 'free events/day'];
  return markdownTable(head, [...rows, ['Together', '', dollarsPerMillionEvents.toFixed(2)]], [1, 2, 3]);
}
