// The overview's first lines: is it receiving, is anything failing, and where to look. Pure. Judged
// by the last 48 hours: what somebody chose to leave alone must not hide new failures for a month.
import type { EventFilter } from '../ledger/queries.ts';
import type { Status } from '../ledger/status.ts';
import { SILENT_AFTER_MS } from '../limits.ts';
import type { Reader } from './reader.ts';
import type { Snapshot } from './snapshot.ts';
import { DAY_MS, isoOf } from './when.ts';
import { advice, counted } from './words.ts';

/** An unfinished event older than this is past the first tries of an ordinary back-off. */
const SLOW_MS = 15 * 60_000;

/** One thing that somebody should know, and the list that shows it. */
export interface Concern {
  readonly tone: 'good' | 'warn' | 'bad' | 'idle';
  readonly text: string;
  readonly filter?: EventFilter;
  readonly advice?: string;
  /** For a shell. */
  readonly command?: string;
}

export const READY: Concern = { tone: 'idle', text: 'Ready, but no webhook received yet' };
const WELL: Concern = { tone: 'good', text: 'All is well', advice: 'No event of the last 48 hours has failed.' };

/** What there is to say, the most urgent first: `READY` where nothing has ever come but tests. */
export function verdictOn(snapshot: Snapshot, configured: boolean, { now, origin }: Reader): [Concern, ...Concern[]] {
  const { byStatus, oldestUnfinished: oldest, lastReceivedAt, perHour } = snapshot;
  const recent = (status: Status) => perHour.reduce((sum, hour) => sum + hour.byStatus[status], 0);
  const [dead, quarantined] = [recent('dead'), recent('quarantined')];
  const older = byStatus.dead + byStatus.quarantined - dead - quarantined;
  const from = isoOf(perHour[0]?.hour ?? 0);
  const silentMs = now - (lastReceivedAt ?? now);
  const wrong: (Concern | false)[] = [
    !configured && {
      tone: 'bad',
      text: 'Not receiving: no webhook secret is set',
      advice: 'Every delivery is answered 503 until you set one:',
      command: 'npx wrangler secret put VASTAI_WEBHOOK_SECRET',
    },
    dead > 0 && {
      tone: 'bad',
      text: counted(dead, 'event has failed for good', 'events have failed for good'),
      advice: advice.dead,
      filter: { status: 'dead', from },
    },
    oldest !== null &&
      now - oldest.receivedAt > SLOW_MS && {
        tone: 'warn',
        text: 'An event has waited for more than 15 minutes',
        advice: 'Its page says why.',
        filter: { status: oldest.status },
      },
    quarantined > 0 && {
      tone: 'warn',
      text: counted(quarantined, 'delivery was quarantined', 'deliveries were quarantined'),
      advice: `Genuine, but refused. ${advice.quarantined}`,
      filter: { status: 'quarantined', from },
    },
    silentMs >= SILENT_AFTER_MS && {
      tone: 'warn',
      text: `Nothing has come for ${Math.floor(silentMs / DAY_MS)} days`,
      advice:
        'Fine if nothing of yours runs at Vast.ai. Else the webhook may be deleted, its types switched off, or ' +
        'Vast.ai turned away on its way here. The doctor finds out:',
      command: `npm run vast -- doctor --url ${origin}`,
    },
    byStatus.retrying > 0 && {
      tone: 'warn',
      text: counted(byStatus.retrying, 'event is being retried', 'events are being retried'),
      advice: 'Nothing is lost. You need not do anything yet.',
      filter: { status: 'retrying' },
    },
  ];
  const [first = lastReceivedAt === null ? READY : WELL, ...rest] = wrong.filter((concern) => concern !== false);
  if (older === 0) return [first, ...rest];
  const text = counted(older, 'older event waits for your decision', 'older events wait for your decision');
  return [first, ...rest, { tone: 'good', text, filter: { status: 'attention', to: from } }];
}
