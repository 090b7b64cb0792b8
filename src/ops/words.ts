// The ledger's vocabulary in plain words: what each status and reason means, and what to do.
import { refusalWords, unreadableWords } from '../event/refusal-words.ts';
import type { EventRecord } from '../ledger/queries.ts';
import type { Status } from '../ledger/status.ts';
import type { ReopenRefusal } from '../ledger/transitions.ts';
import { MAX_RETRIES } from '../limits.ts';

/** Whether the last try of such an event failed, and its error is news. */
export function hasFailed(status: Status): boolean {
  return status === 'dead' || status === 'retrying';
}

export const statusWords: Record<Status, { readonly mark: string; readonly meaning: string }> = {
  processing: { mark: '▶', meaning: 'Its handler is running now.' },
  retrying: { mark: '↻', meaning: 'Its last try failed.' },
  processed: { mark: '✓', meaning: 'Its handler succeeded. Copies of it are not run.' },
  dead: { mark: '✕', meaning: 'Its handler failed for good.' },
  quarantined: { mark: '!', meaning: 'Genuine, but refused or unreadable: no handler has run.' },
  queued: { mark: '…', meaning: 'Sent again, and waiting in the queue.' },
};

/** What is left to do where nothing happens by itself. */
export const advice = {
  processed: 'Nothing.',
  dead: 'Read the last error, fix the cause, then run it again.',
  quarantined: 'Read the reason. If it was only late, run it; else leave it: it is deleted after 30 days.',
};

/**
 * What happens next if nobody acts, and when, if known (`at`, milliseconds since the epoch).
 *
 * @param now Milliseconds since the epoch.
 * @param stuckAfter How long after a try is due the watchdog looks, in milliseconds.
 */
export function nextStep(
  { status, event, leaseUntil, dueAt, attempts }: EventRecord,
  now: number,
  stuckAfter: number,
): { readonly text: string; readonly at?: number | null } {
  switch (status) {
    case 'processing':
      return leaseUntil !== null && leaseUntil <= now
        ? { text: 'Its consumer stopped without reporting. The queue delivers it again, or you run it now.' }
        : { text: 'Its handler succeeds or fails. The consumer’s lease ends', at: leaseUntil };
    case 'retrying': {
      const at = dueAt && dueAt - stuckAfter;
      return at !== null && at <= now
        ? { text: 'The next try is due. If its message got lost, it is sent once more', at: dueAt }
        : { text: `Try ${attempts + 1} of at most ${MAX_RETRIES + 1} is due`, at };
    }
    case 'queued':
      return { text: 'It runs within seconds. If its message got lost, it is sent once more', at: dueAt };
    default:
      return { text: status === 'quarantined' && event === null ? reopenRefusals.not_an_event : advice[status] };
  }
}

/** Why a delivery was refused. A reason without words of its own is shown as it is. */
export function whyRefused(reason: string): string {
  const words = refusalWords.get(reason);
  return words === undefined ? (unreadableWords.get(reason) ?? `Refused: ${reason}.`) : `${capitalized(words)}.`;
}

const reopenRefusals: Record<Exclude<ReopenRefusal, 'unknown_event'>, string> = {
  being_processed: statusWords.processing.meaning,
  already_queued: 'It is already waiting in the queue.',
  not_an_event: 'Its body is not an event, so no handler can run it.',
  already_processed: 'A copy of its event has been processed.',
};

export const reopenRefusalWords: ReadonlyMap<string, string> = new Map(Object.entries(reopenRefusals));

/** What a replay repeats. */
export function replayWarning({ status, steps }: Pick<EventRecord, 'status' | 'steps'>): string {
  switch (status) {
    case 'processed':
      return 'Its handler has already succeeded. A replay does everything a second time.';
    case 'dead':
      return steps.length > 0
        ? `Its handler runs from the start, without the steps already finished under once(): ${steps.join(', ')}.`
        : 'Its handler runs from the start and repeats whatever it did before it failed.';
    case 'quarantined':
      return 'Check that no other copy of it ran, and that it still matters.';
    default:
      return 'It runs now instead of later, and its count of tries starts at zero.';
  }
}

export function capitalized(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** `1,234` */
export function figures(count: number): string {
  return count.toLocaleString('en');
}

/** `1 event has`, `2 events have`: the count with the words for one or for many. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${figures(count)} ${count === 1 ? one : many}`;
}
