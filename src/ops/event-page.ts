// Everything about one event: what happened and why, what happens next, and the replay button.
import { html } from 'hono/html';
import type { EventRecord } from '../ledger/queries.ts';
import type { Try } from '../ledger/store.ts';
import { MAX_TRIES_KEPT } from '../limits.ts';
import { address, eventAddress } from './addresses.ts';
import { document, type Html, notice, section, statusBadge, table, terms } from './layout.ts';
import { refused } from './refused.ts';
import { when } from './when.ts';
import { figures, nextStep, reopenRefusalWords, replayWarning, statusWords } from './words.ts';

/** The outcome of the replay that led here. */
type ReplayNotice = 'queued' | 'failed' | keyof typeof reopenRefusalWords;

/** Whether the text is a notice: it comes from the address, where anybody may write anything. */
export function isReplayNotice(text: string): text is ReplayNotice {
  return text === 'queued' || text === 'failed' || Object.hasOwn(reopenRefusalWords, text);
}

export function eventPage(
  event: EventRecord,
  outcome: ReplayNotice | undefined,
  now: number,
  stuckAfter: number,
): Html {
  const { id, type, status, refusal } = event;
  const content = html`${outcome && replayResult(event, outcome)}
    <h1>${type} ${statusBadge(status)}</h1>
    <p class="id">${id}</p>
    ${situation(event, now, stuckAfter)}
    ${refusal && refused(refusal)}
    ${section('tries', 'Tries', tries(event, now))}
    ${event.event && section('envelope', 'The event that handlers receive', json(event.event))}
    ${section('details', 'Details', details(event, now))}`;
  return document(type, content, 'events');
}

function replayResult(event: EventRecord, outcome: ReplayNotice): Html {
  switch (outcome) {
    case 'queued': {
      if (event.status === 'processed') return notice('good', 'Run again, and processed.');
      return notice('good', html`Sent to the queue. It runs within seconds. ${refresh(event)}`);
    }
    case 'failed':
      return notice('bad', 'The queue did not accept it. Nothing has changed; try again in a minute.');
    default:
      return notice('warn', `Not run again. ${reopenRefusalWords[outcome]}`);
  }
}

function refresh(event: EventRecord): Html {
  return html`<a href="${eventAddress(event)}">Refresh</a>`;
}

function situation(event: EventRecord, now: number, stuckAfter: number): Html {
  const { status, lastError } = event;
  const next = nextStep(event, now, stuckAfter);
  const error = status === 'processed' ? null : lastError;
  return html`<section class="situation ${status}" aria-label="Situation">
    <p>${statusWords[status].meaning}</p>
    ${error !== null && html`<p>Last error: <code class="error">${error}</code></p>`}
    <p><strong>What happens next: </strong>${next.text}${next.at && html` ${when(next.at, now)}.`}</p>
    ${replay(event, now)}
  </section>`;
}

function replay(event: EventRecord, now: number): Html | null {
  const { id, endpoint, status } = event;
  const running = status === 'processing' && (event.leaseUntil ?? 0) > now;
  if (running || status === 'queued') return refresh(event);
  if (event.event === null) return null;
  const verb = status === 'quarantined' ? 'Run it' : 'Run it again';
  return html`<details class="replay">
    <summary class="button">${verb}…</summary>
    <form method="post" action="${address('/event/replay', { id, endpoint })}">
      <p>${replayWarning(event)}</p>
      <button type="submit">Yes, ${verb.toLowerCase()}</button>
    </form>
  </details>`;
}

const tryWords: Record<Try['outcome'], string> = { succeeded: 'Succeeded', failed: 'Failed', lost: 'Lost' };

/** The runs of its handler that are remembered, the latest first. */
function tries({ tries, status }: EventRecord, now: number): Html {
  if (tries.length === 0)
    return html`<p>${status === 'quarantined' ? 'No handler has run.' : 'None has ended yet.'}</p>`;
  const rows = [...tries].reverse().map(
    ({ at, outcome, ms, error }) => html`<tr>
      <th scope="row">${when(at, now)}</th>
      <td class="outcome ${outcome}">${tryWords[outcome]}</td>
      <td class="number">${ms !== undefined && `${figures(ms)} ms`}</td>
      <td class="error">${error}</td>
    </tr>`,
  );
  return html`${table('tries', [['Ended'], ['Outcome'], ['Took', 'number'], ['Error']], rows)}
    ${tries.length >= MAX_TRIES_KEPT && html`<p class="hint">Only the last ${MAX_TRIES_KEPT} are kept.</p>`}`;
}

function json(value: unknown): Html {
  return html`<pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`;
}

function details(event: EventRecord, now: number): Html {
  return terms('details', [
    ['Created (Vast.ai’s clock)', event.event ? when(Date.parse(event.event.created), now) : 'unknown'],
    ['Received', when(event.receivedAt, now)],
    ['Last changed', when(event.updatedAt, now)],
    ['Endpoint', event.endpoint],
    ['Replays', event.run - 1],
    ['Tries in this run', event.attempts],
    ['Steps finished under once()', event.steps.join(', ') || 'none'],
  ]);
}
