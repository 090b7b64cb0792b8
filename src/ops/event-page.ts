// Everything about one event: what happened and why, what happens next, and the replay button.
import { html } from 'hono/html';
import { isConfidential } from '../event/catalogue.ts';
import type { EventRecord, Surroundings } from '../ledger/queries.ts';
import type { EventKey } from '../ledger/store.ts';
import { LEASE_MS } from '../limits.ts';
import { address, eventAddress } from './addresses.ts';
import { delivered } from './delivered.ts';
import { eventTable } from './event-table.ts';
import { times, tries } from './event-times.ts';
import { document, type Html, notice, section, statusBadge, terms, whole } from './layout.ts';
import type { Reader } from './reader.ts';
import { when } from './when.ts';
import { hasFailed, nextStep, reopenRefusalWords, replayWarning, statusWords } from './words.ts';

/** The outcome of the replay that led here. */
type ReplayNotice = 'queued' | 'failed' | keyof typeof reopenRefusalWords;

/** Whether the text is a notice: it comes from the address, where anybody may write anything. */
export function isReplayNotice(text: string): text is ReplayNotice {
  return text === 'queued' || text === 'failed' || Object.hasOwn(reopenRefusalWords, text);
}

interface EventPageProps {
  readonly event: EventRecord;
  /** Null where the ledger was not asked: on a page that loads itself again. */
  readonly around: Surroundings | null;
  readonly outcome: ReplayNotice | undefined;
  /** Whether its reader has asked for a page that stands still. */
  readonly still: boolean;
  /** After its due time, in milliseconds: when the watchdog takes an event for lost. */
  readonly stuckAfter: number;
  readonly reader: Reader;
}

/** Whether what is shown is about to change by itself. */
export function isMoving({ status, leaseUntil }: EventRecord, { now }: Reader): boolean {
  return status === 'queued' || (status === 'processing' && (leaseUntil ?? 0) > now);
}

export function eventPage({ event, around, outcome, still, stuckAfter, reader }: EventPageProps): Html {
  const { type, status } = event;
  const subject = event.event?.data.subject;
  const moves = isMoving(event, reader) && !still;
  // A queue that stands still is not asked every few seconds.
  const seconds = reader.now - event.updatedAt < LEASE_MS ? 5 : 60;
  const content = html`${outcome && replayResult(event, outcome)}
    <h1>${type} ${statusBadge(status)}</h1>
    ${!isConfidential(type) && typeof subject === 'string' && html`<p>${subject}</p>`}
    ${situation(event, moves ? seconds : undefined, stuckAfter, reader)}
    ${section('times', 'Times', times(event, reader))}
    ${section('tries', 'Tries', tries(event, reader))}
    ${event.event && section('envelope', 'The event that handlers receive', envelope(event))}
    ${section('delivered', 'As it was delivered', delivered(event))}
    ${section('details', 'Details', details(event, reader))}
    ${around && surroundings(event, around, reader)}`;
  return document(type, content, reader, 'events', moves ? seconds : undefined);
}

function replayResult({ status }: EventRecord, outcome: ReplayNotice): Html {
  switch (outcome) {
    case 'queued':
      return notice('good', status === 'processed' ? 'Run again, and processed.' : 'Sent to the queue to run again.');
    case 'failed':
      return notice('bad', 'The queue did not accept it. Nothing has changed; try again in a minute.');
    default:
      return notice('warn', `Not run again. ${reopenRefusalWords[outcome]}`);
  }
}

function situation(event: EventRecord, refreshSeconds: number | undefined, stuckAfter: number, reader: Reader): Html {
  const { status, lastError } = event;
  const next = nextStep(event, reader.now, stuckAfter);
  return html`<section class="situation ${status}" aria-label="Situation">
    <p>${statusWords[status].meaning}</p>
    ${hasFailed(status) && lastError !== null && html`<p>Last error: <code class="error">${lastError}</code></p>`}
    <p><strong>What happens next: </strong>${next.text}${next.at && html` ${when(next.at, reader)}.`}</p>
    ${
      refreshSeconds &&
      html`<p>This page loads again every ${refreshSeconds} s.
        <a href="${address('/event', { ...keyOf(event), still: 1 })}">Keep it still</a></p>`
    }
    ${isMoving(event, reader) ? !refreshSeconds && html`<a href="${eventAddress(event)}">Refresh</a>` : replay(event)}
  </section>`;
}

function replay(event: EventRecord): Html | null {
  if (event.event === null) return null;
  const verb = event.status === 'quarantined' ? 'Run it' : 'Run it again';
  return html`<details class="replay">
    <summary class="button ${event.status !== 'processed' && 'primary'}">${verb}…</summary>
    <form method="post" action="${address('/event/replay', keyOf(event))}">
      <p>${replayWarning(event)}</p>
      <button class="primary" type="submit">Yes, ${verb.toLowerCase()}</button>
      <a class="button" href="${eventAddress(event)}">No, leave it</a>
    </form>
  </details>`;
}

function keyOf({ id, endpoint }: EventKey): EventKey {
  return { id, endpoint };
}

function envelope({ type, event }: EventRecord): Html {
  const json = html`<pre tabindex="0">${JSON.stringify(event, null, 2)}</pre>`;
  if (!isConfidential(type)) return json;
  return html`<details><summary>Show it: it may hold a link into the account</summary>${json}</details>`;
}

function details(event: EventRecord, { origin }: Reader): Html {
  const url = `${origin}${address('/api/event', keyOf(event)).replaceAll("'", '%27')}`;
  return terms('details', [
    ['Id', whole(event.id)],
    ['Endpoint', event.endpoint],
    ['Replays', event.run - 1],
    ['Tries in this run', event.attempts],
    ['Steps finished under once()', event.steps.join(', ') || 'none'],
    ['For a shell', whole(`curl -u "x:$OPS_TOKEN" '${url}'`)],
  ]);
}

function surroundings({ event }: EventRecord, { previous, next, related }: Surroundings, reader: Reader): Html {
  const instance = event?.mentions?.instanceId;
  const search = html`<p><a href="${address('/events', { q: instance })}">Search for ${instance}</a></p>`;
  const others = related.length > 0 ? eventTable(related, reader) : html`<p>None near it.</p>`;
  return html`${instance && section('related', `Others of instance ${instance}`, html`${others}${search}`)}
    <nav class="paging" aria-label="Neighbours">
      ${previous && html`<a rel="prev" href="${eventAddress(previous)}">← Previous event</a>`}
      ${next && html`<a rel="next" href="${eventAddress(next)}">Next event →</a>`}
    </nav>`;
}
