// Points in time for people: in UTC, in the reader's own zone, and relative to now.
import { html } from 'hono/html';
import { duration } from '../duration.ts';
import type { Html } from './layout.ts';
import type { Reader } from './reader.ts';

export const DAY_MS = 86_400_000;

/** `2026-03-02 04:05:06 UTC` of milliseconds since the epoch. */
export function utc(time: number): string {
  return `${isoOf(time).slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-03-02T04:05:00Z`, to the second: how addresses and fields spell a time. */
export function isoOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** `2026-03-02 05:05:06`: Swedish writes it like this. */
function clockIn(time: number, timeZone: string): string {
  return new Date(time).toLocaleString('sv', { timeZone });
}

/** When the reader's day began, in milliseconds since the epoch. */
export function startOfDay({ now, zone = 'UTC' }: Reader): number {
  const passed = (time: number) => Date.parse(`1970-01-01T${clockIn(time, zone).slice(11)}Z`);
  const first = Math.floor(now / 1000) * 1000 - passed(now);
  // Not midnight where the clocks have changed since: then some hours before or after it.
  const off = passed(first);
  return first - off + (off > DAY_MS / 2 ? DAY_MS : 0);
}

/** `3 min ago`, `in 20 s`, `just now`. */
function fromNow(time: number, { now }: Reader): string {
  const seconds = Math.floor(Math.abs(time - now) / 1_000);
  if (seconds === 0) return 'just now';
  const age = duration(seconds * 1_000, 1);
  return time > now ? `in ${age}` : `${age} ago`;
}

/** `2026-03-02 04:05:06 UTC · 05:05:06 Berlin`, with the date there where it differs. */
function inBoth(time: number, { zone }: Reader): string {
  if (zone === undefined) return utc(time);
  const local = clockIn(time, zone);
  const isSameDay = local.slice(0, 10) === isoOf(time).slice(0, 10);
  const place = zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
  return `${utc(time)} · ${isSameDay ? local.slice(11) : local} ${place}`;
}

/** `2026-03-02 04:05:06 UTC · 05:05:06 Berlin (3 min ago)` */
export function when(time: number, reader: Reader): Html {
  return timeElement(time, `${inBoth(time, reader)} (${fromNow(time, reader)})`);
}

/** The age first, the time small below it. Neither age nor date repeat the row above. */
export function whenStacked(time: number, reader: Reader, above?: number): Html {
  const news = (tell: (time: number) => string) =>
    above !== undefined && tell(above) === tell(time) ? '' : tell(time);
  const clocks = inBoth(time, reader).replace(/\d+-\d+-\d+ /g, '');
  const date = news((each) => utc(each).slice(0, 10));
  return timeElement(time, html`${news((each) => fromNow(each, reader))} <small>${date} ${clocks}</small>`);
}

function timeElement(time: number, text: string | Html): Html {
  return html`<time datetime="${isoOf(time)}">${text}</time>`;
}
