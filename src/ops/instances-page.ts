// What patrol saw last: what all instances cost together, what is wrong, and each with its state.
import { html } from 'hono/html';
import { duration } from '../duration.ts';
import { PATROL_ENDPOINT } from '../endpoint.ts';
import { PATROL_LONGEST_GAP_MS } from '../limits.ts';
import type { Memory } from '../patrol/patrol.ts';
import { accountOf, countsOf, type Picture, priceOf, type Seen, type State, stateOf } from '../patrol/picture.ts';
import { address, eventAddress } from './addresses.ts';
import { badge, document, type Html, table, verdict, whole } from './layout.ts';
import type { Reader } from './reader.ts';
import { when, whenStacked } from './when.ts';
import { counted, figures } from './words.ts';

const stateLooks: Record<State, readonly [look: string, mark: string]> = {
  running: ['good', '▶'],
  loading: ['idle', '…'],
  stopped: ['idle', '■'],
  offline: ['bad', '✕'],
  unknown: ['warn', '?'],
};

const CREATE_KEY = whole('npm run vast -- keys create --read');
const KEY_REFUSED = /^(status_40[134]|unusable_key_or_url)$/;
const KEYLESS = html`<h1>Instances</h1>
  <p>What runs at Vast.ai, what it costs and what is wrong stands here once the Worker has a key that only reads:
    ${CREATE_KEY} makes one.</p>`;

/** @param memory Patrol's; undefined without a key. */
export function instancesPage(memory: Memory | undefined, reader: Reader): Html {
  const show = (content: Html) => document('Instances', content, reader, 'instances');
  if (memory === undefined) return show(KEYLESS);
  const { picture, conditions } = memory;
  return show(html`<h1 class="quiet">Instances</h1>
    ${summary(memory, reader)}
    ${conditions.length > 0 && html`<h2>Open conditions</h2>${conditionTable(memory, reader)}`}
    ${picture && picture.total > 0 && html`<h2>Instances</h2>${instanceTable(picture, reader)}`}
    <footer><a href="${address('/events', { endpoint: PATROL_ENDPOINT })}">What patrol has told</a></footer>`);
}

function summary({ picture, conditions, failed }: Memory, reader: Reader): Html {
  const failures =
    failed &&
    html`<p>${counted(failed.looks, 'look has', 'looks have')} failed since, the last ${when(failed.at, reader)}:
      <code>${failed.reason}</code>. ${KEY_REFUSED.test(failed.reason) && html`A new key may help: ${CREATE_KEY}`}</p>`;
  if (picture === null) {
    const first = failures ?? html`<p>It looks for the first time within minutes.</p>`;
    return verdict(failed ? 'bad' : 'idle', 'Patrol has not seen your instances yet', first);
  }
  const { at, seen, total, stoppedAfter } = picture;
  const isOld = reader.now - at > PATROL_LONGEST_GAP_MS;
  const unpriced = seen.filter((one) => priceOf(one) === null).length;
  const counts = Object.entries({ ...countsOf(picture), 'without a known price': unpriced });
  const parts = counts.filter(([, count]) => count > 0).map(([state, count]) => `${figures(count)} ${state}`);
  const isLeast = unpriced > 0 || stoppedAfter !== null;
  const cost = perHour(accountOf(picture).dollarsPerHour ?? 0);
  return verdict(
    isOld ? 'bad' : conditions.length > 0 ? 'warn' : 'good',
    `${isLeast ? 'At least ' : ''}${cost} for ${counted(total, 'instance')}`,
    html`${parts.length > 0 && html`<p>${parts.join(', ')}.</p>`}
      ${stoppedAfter !== null && html`<p>Patrol stops at #${stoppedAfter}: nothing is known of later instances.</p>`}
      <p>${isOld && html`<strong>All of this is old.</strong>`} Last complete look: ${when(at, reader)}.</p>
      ${failures}`,
  );
}

function conditionTable({ conditions, sightings }: Memory, reader: Reader): Html {
  const untold = new Set(sightings.map(({ event }) => event.id));
  const rows = conditions.map(({ id, created, data }) => {
    const text = html`<span class="type">${data.subject}</span> ${data.instance?.label}`;
    const link = html`<a href="${eventAddress({ id, endpoint: PATROL_ENDPOINT })}">${text}</a>`;
    const told = untold.has(id) ? html`${text} <small>Not told yet: it waits for the queue.</small>` : link;
    return html`<tr><th scope="row">${told}</th><td>${whenStacked(Date.parse(created), reader)}</td></tr>`;
  });
  return table('events', ['What is wrong', 'Since'], rows);
}

/** The dearest first. */
function instanceTable({ seen }: Picture, reader: Reader): Html {
  const sorted = seen.toSorted((one, other) => (priceOf(other) ?? 0) - (priceOf(one) ?? 0));
  const rows = sorted.map((one) => row(one, reader));
  return table('events', ['State', 'Instance', 'Price', 'Since'], rows);
}

function row(seen: Seen, reader: Reader): Html {
  const { id, label, actual_status: actual, status_msg: message } = seen.instance;
  const state = stateOf(seen);
  const price = priceOf(seen);
  return html`<tr>
    <td>${badge(...stateLooks[state], state)}
      ${actual !== null && actual !== state && html`<small>Vast.ai: ${actual}</small>`}</td>
    <th scope="row">
      <a href="${address('/events', { q: id })}"><span class="type">#${id}</span> ${label}</a>
      <small>${traits(seen.instance, reader)}</small>
      ${state === 'loading' && message !== null && html`<small>Vast.ai says: ${message}</small>`}
    </th>
    <td>${price === null ? 'unknown' : perHour(price)}</td>
    <td>${whenStacked(seen.since, reader)}</td>
  </tr>`;
}

/** `2x RTX 4090 · machine 46110 · interruptible · rented for 3 h` */
function traits({ num_gpus, gpu_name, machine_id, is_bid, start_date }: Seen['instance'], { now }: Reader): string {
  const gpus = gpu_name && `${num_gpus ?? '?'}x ${gpu_name}`;
  const rented = start_date && `rented for ${duration(Math.max(now - start_date * 1000, 0))}`;
  return [gpus, machine_id && `machine ${machine_id}`, is_bid && 'interruptible', rented].filter(Boolean).join(' · ');
}

function perHour(dollars: number): string {
  return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: dollars < 1 ? 4 : 2 })}/h`;
}
