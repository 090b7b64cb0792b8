// Everything about one event: what happened and why, what happens next, and the replay button.
import { html } from 'hono/html';
import { isConfidential } from '../event/catalogue.ts';
import type { EventRecord, Surroundings } from '../ledger/queries.ts';
import { LEASE_MS } from '../limits.ts';
import { address, eventAddress } from './addresses.ts';
import { delivered } from './delivered.ts';
import { eventTable } from './event-table.ts';
import { times, tries } from './event-times.ts';
import { behindAClick, document, type Html, notice, replayForm, statusBadge, terms, verdict, whole } from './layout.ts';
import type { Reader } from './reader.ts';
import { when } from './when.ts';
import { hasFailed, nextStep, reopenRefusalWords, replayWarning, statusWords, whyRefused } from './words.ts';

/** Whether what is shown is about to change by itself. */
export function isMoving({ status, leaseUntil }: EventRecord, { now }: Reader): boolean {
  return status === 'queued' || (status === 'processing' && (leaseUntil ?? 0) > now);
}

/**
 * @param around Null where the ledger was not asked: on a page that loads itself again.
 * @param query Of the address: the outcome of the replay that led here, and whether to keep still.
 * @param stuckAfter When the watchdog takes an event for lost: milliseconds after its due time.
 */
export function eventPage(
  event: EventRecord,
  around: Surroundings | null,
  query: { readonly replay?: string; readonly still?: string },
  stuckAfter: number,
  reader: Reader,
): Html {
  const { type, status, updatedAt } = event;
  const subject = event.event?.data.subject;
  const loadsAgain = isMoving(event, reader) && query.still === undefined;
  // A queue that stands still is not asked every few seconds.
  const seconds = loadsAgain ? (reader.now - updatedAt < LEASE_MS ? 5 : 60) : undefined;
  const envelope = html`<pre tabindex="0">${JSON.stringify(event.event, null, 2)}</pre>`;
  const content = html`${query.replay && replayResult(event, query.replay)}
    <h1>${type} ${statusBadge(status)}</h1>
    ${!isConfidential(type) && typeof subject === 'string' && html`<p>${subject}</p>`}
    ${situation(event, seconds, stuckAfter, reader)}
    <h2>Times</h2>${times(event, reader)}
    ${event.tries.length > 0 && html`<h2>Tries</h2>${tries(event, reader)}`}
    ${event.event && html`<h2>The event that handlers receive</h2>${behindAClick(type, envelope)}`}
    <h2>As it was delivered</h2>${delivered(event)}
    <h2>Details</h2>${details(event, reader)}
    ${around && surroundings(event, around, reader)}`;
  return document(type, content, reader, 'events', seconds);
}

/** Nothing where the address names no outcome: anybody may write anything there. */
function replayResult({ status }: EventRecord, outcome: string): Html | undefined {
  if (outcome === 'queued')
    return notice('good', status === 'processed' ? 'Run again, and processed.' : 'Sent to the queue to run again.');
  if (outcome === 'failed')
    return notice('bad', 'The queue did not accept it. Nothing has changed; try again in a minute.');
  const refusal = reopenRefusalWords.get(outcome);
  return refusal === undefined ? refusal : notice('warn', `Not run again. ${refusal}`);
}

function situation(event: EventRecord, refreshSeconds: number | undefined, stuckAfter: number, reader: Reader): Html {
  const { type, status, lastError, refusalReason } = event;
  const next = nextStep(event, reader.now, stuckAfter);
  const still = `${eventAddress(event)}&still=1`;
  const error = html`<code class="error">${lastError}</code>`;
  const more = html`${refusalReason && html`<p>${whyRefused(refusalReason)}</p>`}
    ${hasFailed(status) && lastError !== null && html`<div>Last error: ${behindAClick(type, error)}</div>`}
    <p><strong>Next:</strong> ${next.text}${next.at && html` ${when(next.at, reader)}.`}</p>
    ${
      refreshSeconds &&
      html`<p>This page loads again every ${refreshSeconds} s. <a href="${still}">Keep it still</a></p>`
    }
    ${!isMoving(event, reader) && replay(event)}`;
  return verdict(status, statusWords[status].meaning, more);
}

function replay(event: EventRecord): Html | null {
  if (event.event === null) return null;
  const verb = event.status === 'quarantined' ? 'Run it' : 'Run it again';
  const button = html`<summary class="button ${event.status !== 'processed' && 'primary'}">${verb}…</summary>`;
  const action = eventAddress(event, '/event/replay');
  return replayForm(button, action, replayWarning(event), verb.toLowerCase(), eventAddress(event));
}

function details(event: EventRecord, { origin }: Reader): Html {
  const url = `${origin}${eventAddress(event, '/api/event').replaceAll("'", '%27')}`;
  return terms('details', [
    ['Id', whole(event.id)],
    ['Endpoint', event.endpoint],
    ['Steps finished under once()', event.steps.join(', ') || 'none'],
    ['For a shell', whole(`curl -u "x:$OPS_TOKEN" '${url}'`)],
  ]);
}

function surroundings({ event }: EventRecord, { previous, next, related }: Surroundings, reader: Reader): Html {
  const instance = event?.mentions?.instanceId;
  const others = html`<h2>Others of instance ${instance}</h2>
    ${related.length > 0 && eventTable(related, reader)}
    <p><a href="${address('/events', { q: instance })}">Search for ${instance}</a></p>`;
  return html`${instance && others}
    <nav class="paging" aria-label="Neighbours">
      ${previous && html`<a rel="prev" href="${eventAddress(previous)}">← Previous event</a>`}
      ${next && html`<a rel="next" href="${eventAddress(next)}">Next event →</a>`}
    </nav>`;
}
