// The overview's first lines: is it receiving, is anything failing, and where to look. Pure. Judged by the last 48 hours: what
// somebody has decided to leave alone must not hide the next failure for a month.
import type { Status } from '../ledger/status.ts';
import type { Snapshot } from './snapshot.ts';

/** An unfinished event older than this has waited too long to be an ordinary back-off's first tries. */
const SLOW_MS = 15 * 60_000;

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad' | 'idle';
  readonly headline: string;
  readonly advice: string;
  /** To be typed in a shell. */
  readonly command?: string;
  /** What else is not as it should be. */
  readonly besides?: string | undefined;
  /** Whose list to open. */
  readonly status?: Status;
}

/** @param now Milliseconds since the epoch. */
export function verdictOn(snapshot: Snapshot, configured: boolean, now: number): Verdict {
  const { total, byStatus, oldestUnfinished } = snapshot;
  const dead = recent(snapshot, 'dead');
  const quarantined = recent(snapshot, 'quarantined');
  const aside = quarantined > 0 && `${counted(quarantined, 'delivery was', 'deliveries were')} kept but not run`;
  const retrying = byStatus.retrying > 0 && `${counted(byStatus.retrying, 'event is', 'events are')} being tried again`;

  if (!configured) {
    return {
      tone: 'bad',
      headline: 'Not receiving: no webhook secret is set',
      advice: 'Every delivery is answered 503 until you set it:',
      command: 'npx wrangler secret put VASTAI_WEBHOOK_SECRET',
    };
  }
  if (dead > 0) {
    return {
      tone: 'bad',
      headline: `${counted(dead, 'event has', 'events have')} failed for good`,
      advice: 'Read its last error, fix the cause, then run it again.',
      besides: besides(aside, retrying),
      status: 'dead',
    };
  }
  if (oldestUnfinished && now - oldestUnfinished.receivedAt > SLOW_MS) {
    return {
      tone: 'warn',
      headline: 'Something is taking long',
      advice: 'The oldest unfinished event is older than 15 minutes. It is still being tried; its error says why.',
      besides: besides(aside, retrying),
      status: oldestUnfinished.status,
    };
  }
  if (aside) {
    return {
      tone: 'warn',
      headline: aside,
      advice: 'Genuine, yet refused. Read the reason, then run it or leave it: it is deleted after 30 days.',
      besides: besides(retrying),
      status: 'quarantined',
    };
  }
  if (retrying) {
    return {
      tone: 'warn',
      headline: retrying,
      advice: 'Nothing is lost, and nothing needs you yet.',
      status: 'retrying',
    };
  }
  if (total === 0) {
    return {
      tone: 'idle',
      headline: 'Ready, and nothing received yet',
      advice: 'Send yourself a test event:',
      command: 'npm run trigger -- outbid',
    };
  }
  const left = byStatus.dead + byStatus.quarantined;
  return {
    tone: 'good',
    headline: 'All is well',
    advice: 'Every event of the last 48 hours has been processed or is under way.',
    besides:
      left > 0 ? `From before, ${counted(left, 'event waits', 'events wait')} for a decision: see below.` : undefined,
  };
}

function besides(...notes: readonly (string | false)[]): string | undefined {
  const words = notes.filter(Boolean);
  return words.length > 0 ? `Besides, ${words.join(', and ')}.` : undefined;
}

function recent({ perHour }: Snapshot, status: Status): number {
  return perHour.reduce((sum, hour) => sum + hour.byStatus[status], 0);
}

/** `1 event has`, `2 events have`: the count with the words for one or for many. */
function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
