// The overview's first line: is it receiving, is anything failing, and where to look. Pure.
import type { Status } from '../ledger/status.ts';
import type { Snapshot } from './snapshot.ts';

/** An unfinished event older than this has waited too long to be an ordinary back-off's first tries. */
const SLOW_MS = 15 * 60_000;

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad' | 'idle';
  readonly headline: string;
  readonly advice: string;
  /** Whose list to open. */
  readonly status?: Status;
}

/** @param now Milliseconds since the epoch. */
export function verdictOn(snapshot: Snapshot, configured: boolean, now: number): Verdict {
  const { byStatus, total, oldestUnfinished } = snapshot;
  if (!configured) {
    return {
      tone: 'bad',
      headline: 'Not receiving: no webhook secret is set',
      advice: 'Every delivery is answered 503 until you run: npx wrangler secret put VASTAI_WEBHOOK_SECRET',
    };
  }
  if (byStatus.dead > 0) {
    return {
      tone: 'bad',
      headline: `${counted(byStatus.dead, 'event has', 'events have')} failed for good`,
      advice: 'Open one, read its last error, mend the cause, then run it again.',
      status: 'dead',
    };
  }
  if (byStatus.quarantined > 0) {
    return {
      tone: 'warn',
      headline: `${counted(byStatus.quarantined, 'delivery was', 'deliveries were')} kept but not run`,
      advice: 'Genuine, yet refused. Read the reason, then run it or leave it: it is deleted after 30 days.',
      status: 'quarantined',
    };
  }
  if (oldestUnfinished && now - oldestUnfinished.receivedAt > SLOW_MS) {
    return {
      tone: 'warn',
      headline: 'Something is taking long',
      advice: 'The oldest unfinished event is older than 15 minutes. It is still being tried; its error says why.',
      status: oldestUnfinished.status,
    };
  }
  if (byStatus.retrying > 0) {
    return {
      tone: 'warn',
      headline: `${counted(byStatus.retrying, 'event is', 'events are')} being tried again`,
      advice: 'Nothing is lost yet, and nothing needs you yet.',
      status: 'retrying',
    };
  }
  if (total === 0) {
    return {
      tone: 'idle',
      headline: 'Ready, and nothing received yet',
      advice: 'Send yourself a test event: npm run trigger -- outbid',
    };
  }
  return { tone: 'good', headline: 'All is well', advice: 'Every event received has been processed or is under way.' };
}

/** `1 event has`, `2 events have`: the count with the words for one or for many. */
function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
