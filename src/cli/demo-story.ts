// The demo's scenes: what is sent, which answer was promised, and what must become of it. Data;
// demo.ts plays them.
import {
  ACCEPTED,
  DUPLICATE,
  type ExpectedAnswer,
  forge,
  INVALID_SIGNATURE,
  OUTSIDE_TOLERANCE,
} from './attack-modes.ts';
import type { Delivery, Draft } from './delivery.ts';
import type { LogLine } from './local-worker.ts';

/** What becomes of an event, read from the Worker's log lines about it. */
export interface Fate {
  readonly promised: string;
  /** What became of it, in words; undefined while the promise is not kept (yet). */
  readonly read: (lines: readonly LogLine[]) => string | undefined;
}

export interface Scene {
  readonly title: string;
  readonly draft: Draft;
  /** Makes what goes over the wire. */
  readonly make: (draft: Draft) => Promise<Delivery>;
  readonly answer: ExpectedAnswer;
  readonly fate: Fate;
  /** The status that the ledger must show for it in the end; none where nothing may be kept. */
  readonly status: LedgerStatus | undefined;
}

type LedgerStatus = 'processed' | 'retrying' | 'dead' | 'quarantined';

export interface Storyteller {
  readonly draft: (type: string) => Draft;
  readonly sign: (draft: Draft) => Promise<Delivery>;
}

export function storyOf({ draft, sign }: Storyteller): readonly Scene[] {
  const outbid = draft('outbid');
  return [
    {
      title: 'An instance was outbid: a notification.',
      draft: outbid,
      make: sign,
      answer: ACCEPTED,
      fate: PROCESSED_ONCE,
      status: 'processed',
    },
    {
      title: 'Vast.ai sends the same delivery again.',
      draft: outbid,
      make: sign,
      answer: DUPLICATE,
      fate: { promised: 'recognised as a duplicate, its handler not run again', read: readDuplicate },
      status: 'processed',
    },
    {
      title: 'A resource was created: the resource dialect.',
      draft: draft('resource.created'),
      make: sign,
      answer: ACCEPTED,
      fate: PROCESSED_ONCE,
      status: 'processed',
    },
    {
      title: 'An event type that is not in the catalogue.',
      draft: draft('gpu_on_fire'),
      make: sign,
      answer: ACCEPTED,
      fate: PROCESSED_ONCE,
      status: 'processed',
    },
    {
      title: 'A forgery: somebody without the secret guesses a signature.',
      draft: draft('credit_received'),
      make: async (forged) => forge(await sign(forged)),
      answer: INVALID_SIGNATURE,
      fate: { promised: 'refused, no trace of it in the system', read: readNothing },
      status: undefined,
    },
    {
      title: 'A genuine delivery that arrives six minutes late.',
      draft: draft('low_credit'),
      make: async (late) => sign({ ...late, timestamp: late.timestamp - 360 }),
      answer: OUTSIDE_TOLERANCE,
      fate: { promised: 'refused, but kept for a person to look at', read: readQuarantined },
      status: 'quarantined',
    },
    {
      title: 'An event whose handler fails because a service it calls is down.',
      draft: draft('instance_offline'),
      make: sign,
      answer: ACCEPTED,
      fate: { promised: 'retried after a delay', read: readRetrying },
      status: 'retrying',
    },
    {
      title: 'An event whose handler gives up, because a retry cannot help.',
      draft: draft('billing_failed'),
      make: sign,
      answer: ACCEPTED,
      fate: { promised: 'given up, and kept for a replay', read: readDead },
      status: 'dead',
    },
  ];
}

const PROCESSED_ONCE: Fate = { promised: 'handled once', read: readProcessedOnce };

function readProcessedOnce(lines: readonly LogLine[]): string | undefined {
  const runs = named(lines, 'event.processed');
  return runs.length === 1 ? `queued, then handled (try ${runs[0]?.attempt}, ${runs[0]?.ms} ms)` : undefined;
}

function readDuplicate(lines: readonly LogLine[]): string | undefined {
  const recognised = named(lines, 'webhook.duplicate').length === 1 && named(lines, 'event.processed').length === 1;
  return recognised ? 'recognised by its id: the handler did not run again' : undefined;
}

function readNothing(lines: readonly LogLine[]): string | undefined {
  return lines.length === 0 ? 'nothing: neither queued nor kept' : undefined;
}

function readQuarantined(lines: readonly LogLine[]): string | undefined {
  const kept = named(lines, 'webhook.quarantined')[0];
  return kept && `kept (${kept.reason}), because an authentic event is never lost`;
}

function readRetrying(lines: readonly LogLine[]): string | undefined {
  const failed = named(lines, 'event.retrying')[0];
  if (typeof failed?.delaySeconds !== 'number') return undefined;
  return `try ${failed.attempt} failed ("${failed.error}"), retried in ${failed.delaySeconds} s, later less often`;
}

function readDead(lines: readonly LogLine[]): string | undefined {
  const failed = named(lines, 'event.dead').find((line) => line.reason === 'permanent_failure');
  return failed && `given up after try ${failed.attempt} ("${failed.error}")`;
}

function named(lines: readonly LogLine[], event: string): LogLine[] {
  return lines.filter((line) => line.event === event);
}
