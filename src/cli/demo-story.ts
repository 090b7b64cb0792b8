// The demo's scenes: what is sent, which answer was promised, and what must become of it.
import type { ExpectedAnswer } from './attack-modes.ts';
import { ACCEPTED, DUPLICATE, forge, INVALID_SIGNATURE, OUTSIDE_TOLERANCE } from './attack-modes.ts';
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
  readonly status: 'processed' | 'retrying' | 'dead' | 'quarantined' | undefined;
}

export interface Storyteller {
  readonly draft: (type: string) => Draft;
  readonly sign: (draft: Draft) => Promise<Delivery>;
}

export function storyOf({ draft, sign }: Storyteller): readonly Scene[] {
  const outbid = draft('outbid');
  const honest = { make: sign, answer: ACCEPTED };
  const handled = { ...honest, fate: PROCESSED_ONCE, status: 'processed' } as const;
  return [
    { ...handled, title: 'An instance was outbid: a notification.', draft: outbid },
    { ...handled, title: 'Vast.ai sends the same delivery again.', draft: outbid, answer: DUPLICATE, fate: RECOGNISED },
    { ...handled, title: 'A resource was created: the resource dialect.', draft: draft('resource.created') },
    { ...handled, title: 'An event type that is not in the catalogue.', draft: draft('gpu_on_fire') },
    {
      title: 'A forgery: somebody without the secret guesses a signature.',
      draft: draft('credit_received'),
      make: async (forged) => forge(await sign(forged)),
      answer: INVALID_SIGNATURE,
      fate: UNTRACED,
      status: undefined,
    },
    {
      title: 'A genuine delivery that arrives six minutes late.',
      draft: draft('low_credit'),
      make: async (late) => sign({ ...late, timestamp: late.timestamp - 360 }),
      answer: OUTSIDE_TOLERANCE,
      fate: QUARANTINED,
      status: 'quarantined',
    },
    {
      ...honest,
      title: 'An event whose handler fails because a service it calls is down.',
      draft: draft('instance_offline'),
      fate: RETRIED,
      status: 'retrying',
    },
    {
      ...honest,
      title: 'An event whose handler gives up, because a retry cannot help.',
      draft: draft('billing_failed'),
      fate: GIVEN_UP,
      status: 'dead',
    },
  ];
}

const PROCESSED_ONCE: Fate = {
  promised: 'handled once',
  read: (lines) => {
    const [run, ...others] = named(lines, 'event.processed');
    return run && others.length === 0 ? `queued, then handled (try ${run.attempt}, ${run.ms} ms)` : undefined;
  },
};

const RECOGNISED: Fate = {
  promised: 'recognised as a duplicate, its handler not run again',
  read: (lines) => {
    const recognised = named(lines, 'webhook.duplicate').length === 1 && named(lines, 'event.processed').length === 1;
    return recognised ? 'recognised by its id: the handler did not run again' : undefined;
  },
};

const UNTRACED: Fate = {
  promised: 'refused, no trace of it in the system',
  read: (lines) => (lines.length === 0 ? 'nothing: neither queued nor kept' : undefined),
};

const QUARANTINED: Fate = {
  promised: 'refused, but kept for a person to look at',
  read: (lines) => {
    const [kept] = named(lines, 'webhook.quarantined');
    return kept && `kept (${kept.reason}), because an authentic event is never lost`;
  },
};

const RETRIED: Fate = {
  promised: 'retried after a delay',
  read: (lines) => {
    const [failed] = named(lines, 'event.retrying');
    if (typeof failed?.delaySeconds !== 'number') return undefined;
    return `try ${failed.attempt} failed ("${failed.error}"), retried in ${failed.delaySeconds} s, later less often`;
  },
};

const GIVEN_UP: Fate = {
  promised: 'given up, and kept for a replay',
  read: (lines) => {
    const failed = named(lines, 'event.dead').find((line) => line.reason === 'permanent_failure');
    return failed && `given up after try ${failed.attempt} ("${failed.error}")`;
  },
};

function named(lines: readonly LogLine[], event: string): LogLine[] {
  return lines.filter((line) => line.event === event);
}
