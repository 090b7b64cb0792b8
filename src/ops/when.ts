// Points in time for people: in UTC, in the reader's own zone, and relative to now.
import { html } from 'hono/html';
import type { Html } from './layout.ts';
import type { Reader } from './reader.ts';

export const DAY_MS = 86_400_000;

const UNITS: readonly [name: string, ms: number][] = [
  ['day', DAY_MS],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** `2026-03-02 04:05:06 UTC` of milliseconds since the epoch. */
export function utc(time: number): string {
  return `${isoOf(time).slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-03-02T04:05:00Z`, to the second: how addresses and fields spell a time. */
export function isoOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The same as the reader's clock shows it: `05:05:06 Berlin`, with its date where that differs. */
function local(time: number, zone: string): string {
  const text = clockIn(time, zone);
  const isSameDay = text.slice(0, 10) === isoOf(time).slice(0, 10);
  return `${isSameDay ? text.slice(11) : text} ${zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ')}`;
}

/** `2026-03-02 05:05:06`: Swedish writes it like this. */
function clockIn(time: number, timeZone: string): string {
  return new Date(time).toLocaleString('sv', { timeZone });
}

/** When the reader's day began, in milliseconds since the epoch. */
export function startOfDay({ now, zone = 'UTC' }: Reader): number {
  const ahead = Date.parse(`${clockIn(now, zone).replace(' ', 'T')}Z`) - Math.floor(now / 1000) * 1000;
  return Math.floor((now + ahead) / DAY_MS) * DAY_MS - ahead;
}

/** `140 ms`, `2.4 s`, `3 min 20 s`, `2 days 4 h` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const place = UNITS.findIndex(([, size]) => ms >= size);
  const [[, size], smaller] = [UNITS[place] ?? ['', 1], UNITS[place + 1]];
  const rest = smaller ? Math.floor((ms % size) / smaller[1]) : 0;
  return [wholeUnits(ms), rest > 0 && `${rest} ${smaller?.[0]}`].filter(Boolean).join(' ');
}

/** `3 min`, `2 days`; empty below a second. */
function wholeUnits(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['', Number.POSITIVE_INFINITY];
  const count = Math.floor(ms / size);
  return count === 0 ? '' : `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`;
}

/** `3 min ago`, `in 20 s`, `just now`. */
function fromNow(time: number, { now }: Reader): string {
  const distance = wholeUnits(Math.abs(time - now));
  if (distance === '') return 'just now';
  return time > now ? `in ${distance}` : `${distance} ago`;
}

/** `2026-03-02 04:05:06 UTC · 05:05:06 Berlin` */
function inBoth(time: number, { zone }: Reader): string {
  return [utc(time), zone && local(time, zone)].filter(Boolean).join(' · ');
}

/** `2026-03-02 04:05:06 UTC · 05:05:06 Berlin (3 min ago)` */
export function when(time: number, reader: Reader): Html {
  return timeElement(time, `${inBoth(time, reader)} (${fromNow(time, reader)})`);
}

/** The age first, the time small below it. */
export function whenStacked(time: number, reader: Reader): Html {
  return timeElement(time, html`${fromNow(time, reader)} <small>${inBoth(time, reader)}</small>`);
}

/** The same in a row of a list: neither age nor date say again what the row above says. */
export function whenInRow(time: number, above: number | undefined, reader: Reader): Html {
  const news = (tell: (time: number) => string) =>
    above !== undefined && tell(above) === tell(time) ? '' : tell(time);
  const clock = [utc(time), reader.zone && local(time, reader.zone).replace(/^\d.* (?=\d)/, '')];
  const small = [news((each) => utc(each).slice(0, 10)), clock.filter(Boolean).join(' · ').slice(11)];
  return timeElement(time, html`${news((each) => fromNow(each, reader))} <small>${small.join(' ')}</small>`);
}

function timeElement(time: number, text: string | Html): Html {
  return html`<time datetime="${new Date(time).toISOString()}">${text}</time>`;
}
