// The filter of the list: a plain form, so that every view has an address that can be shared.
import { html } from 'hono/html';
import { eventTypes } from '../event/catalogue.ts';
import type { EventFilter } from '../ledger/queries.ts';
import { statuses } from '../ledger/status.ts';
import { address } from './addresses.ts';
import type { Html } from './layout.ts';
import type { Reader } from './reader.ts';
import { isoOf, startOfDay } from './when.ts';
import { capitalized } from './words.ts';

export function filterForm(filter: EventFilter, reader: Reader): Html {
  const option = (value: string, label: string) =>
    html`<option value="${value}" ${filter.status === value ? 'selected' : ''}>${label}</option>`;
  const field = (label: string, name: 'type' | 'endpoint' | 'q', list = '') => html`<label>${label}
    <input type="search" name="${name}" value="${filter[name]}" list="${list}"></label>`;
  const time = (label: string, name: 'from' | 'to') => html`<label>${label}, UTC
    <input type="datetime-local" name="${name}" value="${filter[name]?.slice(0, 16)}"></label>`;
  return html`<details class="fold">
    <summary class="button">Filter ${filterWords(filter)}</summary>
    <form class="filter" action="${address('/events')}" method="get" aria-label="Filter events">
      <label>Status<select name="status"><option value="">any</option>
        ${option('attention', 'Needs attention')}
        ${statuses.map((status) => option(status, capitalized(status)))}</select></label>
      ${field('Type', 'type', 'types')}
      <datalist id="types">${eventTypes.map((type) => html`<option value="${type}"></option>`)}</datalist>
      ${field('Endpoint', 'endpoint')}${time('From', 'from')}${time('Before', 'to')}${field('Id or text', 'q')}
      <button class="button" type="submit">Filter</button>
    </form>
  </details>
  ${presets(filter, reader)}`;
}

function presets(filter: EventFilter, reader: Reader): Html {
  const since = (time: number) => address('/events', { ...filter, from: isoOf(time), to: '' });
  return html`<nav class="paging" aria-label="Quick filters">
    <a href="${address('/events', { ...filter, status: 'attention' })}">Needs attention</a>
    <a href="${since(Math.floor(reader.now / 60_000) * 60_000 - 3_600_000)}">Last hour</a>
    <a href="${since(startOfDay(reader))}">Today${reader.zone === undefined && ' (UTC)'}</a>
    ${isNarrow(filter) && html`<a href="${address('/events')}">Show all</a>`}
  </nav>`;
}

export function isNarrow(filter: EventFilter): boolean {
  return Object.values(filter).some(Boolean);
}

/** `status dead, type outbid` */
function filterWords(filter: EventFilter): string {
  const set = Object.entries(filter).filter(([, value]) => value);
  return set.map(([name, value]) => `${name} ${value}`).join(', ');
}
