// The overview's first lines: is it receiving, is anything failing, and where to look. Pure. Judged
// by the last 48 hours: what somebody chose to leave alone must not hide new failures for a month.
import type { EventFilter } from '../ledger/queries.ts';
import type { Status } from '../ledger/status.ts';
import { SILENT_AFTER_MS } from '../limits.ts';
import type { Reader } from './reader.ts';
import type { Snapshot } from './snapshot.ts';
import { DAY_MS, isoOf } from './when.ts';
import { counted } from './words.ts';

/** An unfinished event older than this is past the first tries of an ordinary back-off. */
const SLOW_MS = 15 * 60_000;

type Tone = 'good' | 'warn' | 'bad' | 'idle';

/** One thing that somebody should know, and the list that shows it. */
export interface Concern {
  readonly tone: Tone;
  readonly text: string;
  readonly filter?: EventFilter;
  readonly advice?: string;
  /** For a shell. */
  readonly command?: string;
}

export interface Verdict {
  readonly tone: Tone;
  readonly first: Concern;
  readonly rest: readonly Concern[];
  /** Whether nothing has ever come but tests. */
  readonly isNew: boolean;
}

export function verdictOn(snapshot: Snapshot, configured: boolean, reader: Reader): Verdict {
  const { byStatus, lastReceivedAt, perHour } = snapshot;
  const isNew = configured && lastReceivedAt === null;
  const left = byStatus.dead + byStatus.quarantined - recent(snapshot, 'dead') - recent(snapshot, 'quarantined');
  const older: Concern = {
    tone: 'good',
    text: counted(left, 'older event waits for your decision', 'older events wait for your decision'),
    filter: { status: 'attention', to: isoOf(perHour[0]?.hour ?? 0) },
  };
  const [first = isNew ? READY : WELL, ...rest] = concerns(snapshot, configured, reader);
  return { tone: first.tone, first, rest: left > 0 ? [...rest, older] : rest, isNew };
}

const READY: Concern = { tone: 'idle', text: 'Ready, but no event received yet' };
const WELL: Concern = {
  tone: 'good',
  text: 'All is well',
  advice: 'Every event of the last 48 hours is processed or in progress.',
};

/** What is wrong, the most urgent first. */
function concerns(snapshot: Snapshot, configured: boolean, { now, origin }: Reader): Concern[] {
  const { byStatus, oldestUnfinished: oldest, lastReceivedAt, perHour } = snapshot;
  const [dead, quarantined] = [recent(snapshot, 'dead'), recent(snapshot, 'quarantined')];
  const from = isoOf(perHour[0]?.hour ?? 0);
  const silentMs = now - (lastReceivedAt ?? now);
  const all: (Concern | false)[] = [
    !configured && {
      tone: 'bad',
      text: 'Not receiving: no webhook secret is set',
      advice: 'Every delivery is answered 503 until you set one:',
      command: 'npx wrangler secret put VASTAI_WEBHOOK_SECRET',
    },
    dead > 0 && {
      tone: 'bad',
      text: counted(dead, 'event has failed for good', 'events have failed for good'),
      advice: 'Read the last error, fix the cause, then run the event again.',
      filter: { status: 'dead', from },
    },
    oldest !== null &&
      now - oldest.receivedAt > SLOW_MS && {
        tone: 'warn',
        text: 'An event is taking long',
        advice:
          'The oldest unfinished event is more than 15 minutes old. It is still being retried; its error says why.',
        filter: { status: oldest.status },
      },
    quarantined > 0 && {
      tone: 'warn',
      text: counted(quarantined, 'delivery was quarantined', 'deliveries were quarantined'),
      advice: 'Genuine, but refused. Read the reason, then run it or leave it: it is deleted after 30 days.',
      filter: { status: 'quarantined', from },
    },
    silentMs >= SILENT_AFTER_MS && {
      tone: 'warn',
      text: `Nothing has come for ${Math.floor(silentMs / DAY_MS)} days`,
      advice:
        'Peace, if nothing runs. Else the webhook may be deleted or registered elsewhere, its types or their channel ' +
        'switched off, or something before this Worker turns Vast.ai away. The doctor finds out:',
      command: `npm run vast -- doctor --url ${origin}`,
    },
    byStatus.retrying > 0 && {
      tone: 'warn',
      text: counted(byStatus.retrying, 'event is being retried', 'events are being retried'),
      advice: 'Nothing is lost. You need not do anything yet.',
      filter: { status: 'retrying' },
    },
  ];
  return all.filter((concern) => concern !== false);
}

function recent({ perHour }: Snapshot, status: Status): number {
  return perHour.reduce((sum, hour) => sum + hour.byStatus[status], 0);
}
