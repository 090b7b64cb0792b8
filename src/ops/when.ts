// Points in time for people: in UTC, and relative to now.
import { html } from 'hono/html';
import type { Html } from './layout.ts';

const UNITS: readonly [name: string, ms: number][] = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** `2026-03-02 04:05:06 UTC` of milliseconds since the epoch. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `3 min ago`, `in 20 s`, `just now`. */
function fromNow(time: number, now: number): string {
  const distance = Math.abs(time - now);
  const [unit, size] = UNITS.find(([, ms]) => distance >= ms) ?? ['', 0];
  if (size === 0) return 'just now';
  const count = Math.floor(distance / size);
  const text = `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`;
  return time > now ? `in ${text}` : `${text} ago`;
}

/** `2026-03-02 04:05:06 UTC (3 min ago)` */
export function when(time: number, now: number): Html {
  return timeElement(time, `${utc(time)} (${fromNow(time, now)})`);
}

/** The age first, the time small below it: for narrow columns. */
export function whenStacked(time: number, now: number): Html {
  return timeElement(time, html`${fromNow(time, now)} <small>${utc(time)}</small>`);
}

function timeElement(time: number, text: string | Html): Html {
  return html`<time datetime="${new Date(time).toISOString()}">${text}</time>`;
}
