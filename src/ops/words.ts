// The ledger's vocabulary in the words of whoever reads the page at night: what it means, and what to do.
import type { EventRecord } from '../ledger/queries.ts';
import type { Status } from '../ledger/status.ts';
import type { ReopenRefusal } from '../ledger/transitions.ts';
import { MAX_RETRIES, STUCK_AFTER_MS } from '../limits.ts';

interface StatusWords {
  readonly label: string;
  /** Stands beside the label, so that colour is not the only difference. */
  readonly mark: string;
  readonly meaning: string;
}

export const statusWords: Record<Status, StatusWords> = {
  processing: { label: 'Processing', mark: '▶', meaning: 'A handler is running for it now.' },
  retrying: { label: 'Retrying', mark: '↻', meaning: 'Its last try failed; it will be tried again by itself.' },
  processed: { label: 'Processed', mark: '✓', meaning: 'Its handler succeeded. Nothing is left to do.' },
  dead: { label: 'Dead', mark: '✕', meaning: 'Its handler failed for good. It waits for you to run it again.' },
  quarantined: {
    label: 'Quarantined',
    mark: '!',
    meaning: 'Genuine, but refused or unreadable. It was kept and no handler has seen it.',
  },
  queued: { label: 'Queued', mark: '…', meaning: 'Sent again, and waiting in the queue for its turn.' },
};

/** What happens next if nobody does anything; `at` (milliseconds since the epoch) is when, where that is known. */
interface NextStep {
  readonly text: string;
  readonly at?: number | null;
}

/** @param now Milliseconds since the epoch. */
export function nextStep(event: EventRecord, now: number): NextStep {
  switch (event.status) {
    case 'processing':
      return event.leaseUntil !== null && event.leaseUntil <= now
        ? { text: 'Its consumer stopped without a word. Its message comes back by itself; or run it again now.' }
        : {
            text: 'Its handler ends, well or not. Its claim on the event is over at the latest',
            at: event.leaseUntil,
          };
    case 'retrying': {
      const at = event.dueAt === null ? null : event.dueAt - STUCK_AFTER_MS;
      return at !== null && at <= now
        ? { text: 'The next try is due: it runs as soon as the queue delivers it.' }
        : { text: `Try ${event.attempts + 1} of at most ${MAX_RETRIES + 1}, by itself,`, at };
    }
    case 'queued':
      return {
        text: 'It runs within seconds. Should its message get lost, it is sent once more,',
        at: event.dueAt,
      };
    case 'processed':
      return { text: 'Nothing. Copies that still arrive are recognised and not run.' };
    case 'dead':
      return { text: 'Nothing, until you run it again. Fix the cause first: the last error says what it is.' };
    case 'quarantined':
      return event.event
        ? { text: 'Nothing, until you run it. If Vast.ai delivers the same event in good order, it runs by itself.' }
        : { text: 'Nothing: its body is not an event, so there is nothing that a handler could run.' };
  }
}

const refusals: ReadonlyMap<string, string> = new Map([
  ['timestamp_stale', 'It was signed more than 5 minutes before it arrived. If it was merely slow, run it.'],
  ['timestamp_ahead', 'It was signed more than 5 minutes in the future. If the sender’s clock is wrong, run it.'],
  ['body_not_utf8', 'Its body is not valid UTF-8 text.'],
  ['body_not_json', 'Its body is not JSON.'],
  ['body_not_object', 'Its body is JSON, but not an object.'],
  ['event_invalid', 'Its body has no usable id or type.'],
  ['message_too_large', 'The event is too large for a queue message.'],
  ['message_too_deep', 'The event is nested too deeply.'],
  ['message_not_json', 'A message in the queue was not JSON: something else writes into the queue.'],
  ['message_malformed', 'A message in the queue was not one of ours: something else writes into the queue.'],
  ['message_version_unknown', 'A message in the queue was written by another version of this Worker.'],
  ['message_of_wrong_kind', 'A refused delivery turned up in the queue of accepted events.'],
]);

/** Why a delivery was refused; a reason without words of its own stands for itself. */
export function refusalWords(reason: string): string {
  return refusals.get(reason) ?? `Refused: ${reason}.`;
}

export const reopenRefusalWords: Record<Exclude<ReopenRefusal, 'unknown_event'>, string> = {
  being_processed: 'A handler is running for it right now. Wait for it to end.',
  already_queued: 'It is already on its way: it waits in the queue.',
  not_an_event: 'Its body is not an event, so no handler can run it.',
};

/** What a replay repeats, so that nobody is surprised. */
export function replayWarning(event: EventRecord): string {
  switch (event.status) {
    case 'processed':
      return 'Its handler has already succeeded. Everything it did will be done a second time.';
    case 'dead':
      return event.steps.length > 0
        ? `Its handler runs from the start. Steps under once() that had succeeded are not repeated: ${event.steps.join(', ')}.`
        : 'Its handler runs from the start. Whatever it did before it failed will be done again.';
    case 'quarantined':
      return 'It was never run. Make sure that it is the only copy and still matters: its message may be out of date.';
    case 'processing':
    case 'retrying':
    case 'queued':
      return 'It is tried at once instead of later, with its count of tries back at zero.';
  }
}
