// Everything about one event: what happened and why, what happens next, and the replay button.
import type { EventRecord } from '../ledger/queries.ts';
import { address, eventAddress } from './addresses.ts';
import { document, Notice, Section, StatusBadge, Terms } from './layout.tsx';
import { Refused } from './refused.tsx';
import { Tries } from './tries.tsx';
import { When } from './when.tsx';
import { nextStep, reopenRefusalWords, replayWarning, statusWords } from './words.ts';

/** The outcome of the replay that led here. */
type ReplayNotice = 'queued' | 'failed' | keyof typeof reopenRefusalWords;

/** Whether the text is a notice: it comes from the address, where anybody may write anything. */
export function isReplayNotice(text: string): text is ReplayNotice {
  return text === 'queued' || text === 'failed' || Object.hasOwn(reopenRefusalWords, text);
}

export function eventPage(event: EventRecord, notice: ReplayNotice | undefined, now: number) {
  return document(
    event.type,
    <>
      {notice && <ReplayResult event={event} notice={notice} />}
      <h1>
        {event.type} <StatusBadge status={event.status} />
      </h1>
      <p class="id">{event.id}</p>
      <Situation event={event} now={now} />
      {event.refusal && <Refused refusal={event.refusal} />}
      <Tries event={event} now={now} />
      {event.event && (
        <Section id="envelope" title="The event that handlers receive">
          <pre tabindex={0}>{JSON.stringify(event.event, null, 2)}</pre>
        </Section>
      )}
      <Details event={event} now={now} />
    </>,
    'events',
  );
}

function ReplayResult({ event, notice }: { event: EventRecord; notice: ReplayNotice }) {
  switch (notice) {
    case 'queued':
      return event.status === 'processed' ? (
        <Notice tone="good">Run again, and processed.</Notice>
      ) : (
        <Notice tone="good">
          Sent to the queue. It runs within seconds. <a href={eventAddress(event)}>Refresh</a>
        </Notice>
      );
    case 'failed':
      return <Notice tone="bad">The queue did not accept it. Nothing has changed; try again in a minute.</Notice>;
    default:
      return <Notice tone="warn">Not run again. {reopenRefusalWords[notice]}</Notice>;
  }
}

function Situation({ event, now }: { event: EventRecord; now: number }) {
  const next = nextStep(event, now);
  return (
    <section class={`situation ${event.status}`} aria-label="Situation">
      <p>{statusWords[event.status].meaning}</p>
      {event.lastError !== null && event.status !== 'processed' && (
        <p>
          Last error: <code class="error">{event.lastError}</code>
        </p>
      )}
      <p>
        <strong>What happens next: </strong>
        {next.text}
        {next.at && (
          <>
            {' '}
            <When time={next.at} now={now} />.
          </>
        )}
      </p>
      <Replay event={event} now={now} />
    </section>
  );
}

function Replay({ event, now }: { event: EventRecord; now: number }) {
  const { id, endpoint } = event;
  const running = event.status === 'processing' && (event.leaseUntil ?? 0) > now;
  if (running || event.status === 'queued') return <a href={eventAddress(event)}>Refresh</a>;
  if (event.event === null) return null;
  const verb = event.status === 'quarantined' ? 'Run it' : 'Run it again';
  return (
    <details class="replay">
      <summary class="button">{verb}…</summary>
      <form method="post" action={address('/event/replay', { id, endpoint })}>
        <p>{replayWarning(event)}</p>
        <button type="submit">Yes, {verb.toLowerCase()}</button>
      </form>
    </details>
  );
}

function Details({ event, now }: { event: EventRecord; now: number }) {
  return (
    <Section id="details" title="Details">
      <Terms
        look="details"
        rows={[
          [
            'Created (Vast.ai’s clock)',
            event.event ? <When time={Date.parse(event.event.created)} now={now} /> : 'unknown',
          ],
          ['Received', <When time={event.receivedAt} now={now} />],
          ['Last changed', <When time={event.updatedAt} now={now} />],
          ['Endpoint', event.endpoint],
          ['Replays', event.run - 1],
          ['Tries in this run', event.attempts],
          ['Steps finished under once()', event.steps.join(', ') || 'none'],
        ]}
      />
    </Section>
  );
}
