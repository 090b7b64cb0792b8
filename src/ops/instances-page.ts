// What patrol saw last: what all instances cost together, what is wrong, and each with its state.
import { html } from 'hono/html';
import { PATROL_ENDPOINT } from '../endpoint.ts';
import { PATROL_INTERVAL_MS, PATROL_LONGEST_GAP_MS } from '../limits.ts';
import type { Condition, Instance, PatrolView, Seen } from '../patrol/client.ts';
import { priceOf } from '../patrol/differences.ts';
import { countsOf, type State, stateOf } from '../patrol/glance.ts';
import { address, eventAddress } from './addresses.ts';
import { badge, document, type Html, table, verdict, whole } from './layout.ts';
import type { Reader } from './reader.ts';
import { duration, when, whenStacked } from './when.ts';
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

/** @param view Undefined without a key. */
export function instancesPage(view: PatrolView | undefined, reader: Reader): Html {
  return document('Instances', view === undefined ? KEYLESS : patrolled(view, reader), reader, 'instances');
}

function patrolled(view: PatrolView, reader: Reader): Html {
  const seen = view.picture?.seen ?? [];
  const open = view.notes.conditions.filter(({ endedAt }) => endedAt === null);
  return html`<h1 class="quiet">Instances</h1>
    ${summary(view, open.length > 0, reader)}
    ${open.length > 0 && html`<h2>Open conditions</h2>${conditionTable(open, reader)}`}
    ${seen.length > 0 && html`<h2>Instances</h2>${instanceTable(seen, open, reader)}`}
    <footer>Patrol looks every ${duration(PATROL_INTERVAL_MS)}, and only reads.
      <a href="${address('/events', { endpoint: PATROL_ENDPOINT })}">What it has told</a></footer>`;
}

function summary({ picture, notes, dollarsPerHour }: PatrolView, isTroubled: boolean, reader: Reader): Html {
  const { at: failedAt, reason } = notes.lastFailure ?? { at: 0, reason: '' };
  const renewal = KEY_REFUSED.test(reason) && html`A new key may help: ${CREATE_KEY}`;
  const failed =
    notes.failures > 0 &&
    html`<p>${counted(notes.failures, 'look has', 'looks have')} failed since, the last ${when(failedAt, reader)}:
      <code>${reason}</code>. ${renewal}</p>`;
  if (picture === null) {
    const first = failed || html`<p>It looks for the first time within minutes.</p>`;
    return verdict(failed ? 'bad' : 'idle', 'Patrol has not seen your instances yet', first);
  }
  const { at, seen, total, stoppedAfter } = picture;
  const isOld = reader.now - at > PATROL_LONGEST_GAP_MS;
  const unpriced = seen.filter((one) => priceOf(one) === null).length;
  const counts = Object.entries({ ...countsOf(picture), 'without a known price': unpriced });
  const parts = counts.filter(([, count]) => count > 0).map(([state, count]) => `${figures(count)} ${state}`);
  const isLeast = unpriced > 0 || stoppedAfter !== null;
  return verdict(
    isOld ? 'bad' : isTroubled ? 'warn' : 'good',
    `${isLeast ? 'At least ' : ''}${perHour(dollarsPerHour ?? 0)} for ${counted(total, 'instance', 'instances')}`,
    html`${parts.length > 0 && html`<p>${parts.join(', ')}.</p>`}
      ${stoppedAfter !== null && html`<p>Patrol stops at #${stoppedAfter}: nothing is known of later instances.</p>`}
      <p>${isOld && html`<strong>All of this is old.</strong>`} Last complete look: ${when(at, reader)}.</p>
      ${failed}`,
  );
}

function conditionTable(open: readonly Condition[], reader: Reader): Html {
  const rows = open.map(({ id, subject, instance, since, toldAt }) => {
    const text = html`<span class="type">${subject}</span> ${instance?.label}`;
    const link = html`<a href="${eventAddress({ id, endpoint: PATROL_ENDPOINT })}">${text}</a>`;
    const told = toldAt === null ? html`${text} <small>Not told yet: it waits for the queue.</small>` : link;
    return html`<tr><th scope="row">${told}</th><td>${whenStacked(since, reader)}</td></tr>`;
  });
  return table('events', ['What is wrong', 'Since'], rows);
}

/** Those with a condition first, then the dearest. */
function instanceTable(seen: readonly Seen[], open: readonly Condition[], reader: Reader): Html {
  const troubled = new Set(open.map(({ instance }) => instance?.id));
  const rank = (one: Seen) => (troubled.has(one.instance.id) ? Number.MAX_VALUE : (priceOf(one) ?? 0));
  const rows = [...seen].sort((one, other) => rank(other) - rank(one)).map((one) => row(one, reader));
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
function traits({ num_gpus, gpu_name, machine_id, is_bid, start_date }: Instance, { now }: Reader): string {
  const gpus = gpu_name && `${num_gpus ?? '?'}x ${gpu_name}`;
  const rented = start_date && `rented for ${duration(Math.max(now - start_date * 1000, 0))}`;
  return [gpus, machine_id && `machine ${machine_id}`, is_bid && 'interruptible', rented].filter(Boolean).join(' · ');
}

function perHour(dollars: number): string {
  return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: dollars < 1 ? 4 : 2 })}/h`;
}
