// The overview's first lines: is it receiving, is anything failing, and where to look. Pure. Judged
// by the last 48 hours: what somebody chose to leave alone must not hide new failures for a month.
import type { Status } from '../ledger/status.ts';
import type { Snapshot } from './snapshot.ts';
import { figures } from './words.ts';

/** An unfinished event older than this is past the first tries of an ordinary back-off. */
const SLOW_MS = 15 * 60_000;

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad' | 'idle';
  readonly headline: string;
  readonly advice: string;
  /** For a shell. */
  readonly command?: string;
  readonly besides?: string | undefined;
  /** The list to open. */
  readonly status?: Status;
}

/** @param now Milliseconds since the epoch. */
export function verdictOn(snapshot: Snapshot, configured: boolean, now: number): Verdict {
  const { total, byStatus, oldestUnfinished } = snapshot;
  const dead = recent(snapshot, 'dead');
  const quarantined = recent(snapshot, 'quarantined');
  const aside = quarantined > 0 && `${counted(quarantined, 'delivery was', 'deliveries were')} quarantined`;
  const retrying = byStatus.retrying > 0 && `${counted(byStatus.retrying, 'event is', 'events are')} being retried`;

  if (!configured) {
    const advice = 'Every delivery is answered 503 until you set one:';
    const command = 'npx wrangler secret put VASTAI_WEBHOOK_SECRET';
    return { tone: 'bad', headline: 'Not receiving: no webhook secret is set', advice, command };
  }
  if (dead > 0) {
    const headline = `${counted(dead, 'event has', 'events have')} failed for good`;
    const advice = 'Read the last error, fix the cause, then run the event again.';
    return { tone: 'bad', headline, advice, besides: besides(aside, retrying), status: 'dead' };
  }
  if (oldestUnfinished && now - oldestUnfinished.receivedAt > SLOW_MS) {
    const advice =
      'The oldest unfinished event is more than 15 minutes old. It is still being retried; its error says why.';
    const { status } = oldestUnfinished;
    return { tone: 'warn', headline: 'An event is taking long', advice, besides: besides(aside, retrying), status };
  }
  if (aside) {
    const advice = 'Genuine, but refused. Read the reason, then run it or leave it: it is deleted after 30 days.';
    return { tone: 'warn', headline: aside, advice, besides: besides(retrying), status: 'quarantined' };
  }
  if (retrying) {
    const advice = 'Nothing is lost. You need not do anything yet.';
    return { tone: 'warn', headline: retrying, advice, status: 'retrying' };
  }
  if (total === 0) {
    const [headline, advice] = ['Ready, but nothing received yet', 'Send yourself a test event:'];
    return { tone: 'idle', headline, advice, command: 'npm run trigger -- outbid' };
  }
  const left = byStatus.dead + byStatus.quarantined;
  const older = `${counted(left, 'older event waits', 'older events wait')} for your decision: see below.`;
  const advice = 'Every event of the last 48 hours is processed or in progress.';
  return { tone: 'good', headline: 'All is well', advice, besides: left > 0 ? older : undefined };
}

function besides(...notes: readonly (string | false)[]): string | undefined {
  const words = notes.filter(Boolean);
  return words.length > 0 ? `Also, ${words.join(', and ')}.` : undefined;
}

function recent({ perHour }: Snapshot, status: Status): number {
  return perHour.reduce((sum, hour) => sum + hour.byStatus[status], 0);
}

/** `1 event has`, `2 events have`: the count with the words for one or for many. */
function counted(count: number, one: string, many: string): string {
  return `${figures(count)} ${count === 1 ? one : many}`;
}
