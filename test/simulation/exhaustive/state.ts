// One event as the exhaustive search sees it: its row, its messages, the consumers at work on them,
// and what has been promised about it so far. Time is two moments of a lease: alive and over.
import type { RowState } from '../../../src/ledger/status.ts';

/** The moment at which every rule is asked. */
export const NOW = 10;
/** The end of a lease that is alive at `NOW`, and of one that has just ended. */
export const ALIVE = NOW + 1;
export const OVER = NOW;

/**
 * A row whose holder and claim are written as the text of a number, so that names can be given
 * anew.
 */
export type Row = RowState;

export interface Message {
  /** The queue's id. */
  readonly id: number;
  readonly queue: 'main' | 'dead_letters';
  readonly deliveries: number;
  /** Whether it can be delivered now: not while a consumer has it. */
  readonly visible: boolean;
}

/** A consumer invocation with one message. */
export interface Consumer {
  readonly message: number;
  /** Names the invocation towards the ledger. */
  readonly claim: number;
  readonly queue: Message['queue'];
  /** Whether this is the last delivery of its message. */
  readonly last: boolean;
  readonly phase: 'asks' | 'runs' | 'reports';
  /** The run it was granted; 0 before. */
  readonly run: number;
  readonly outcome: 'none' | 'processed' | 'retrying' | 'dead';
  /** A handler that has succeeded and is not yet noted. */
  readonly unreported: boolean;
  /** Its lease ended while it was alive. */
  readonly stalled: boolean;
}

export interface State {
  readonly row: Row | null;
  readonly messages: readonly Message[];
  readonly consumers: readonly Consumer[];
  /** Whether the watchdog's alarm is set. */
  readonly alarm: boolean;
  readonly faults: number;
  readonly copies: number;
  readonly replays: number;
  /** Successes of this run, and those beyond the first that a fault explains. */
  readonly successes: number;
  readonly excuses: number;
  /** How often this run's death was told, and whether a fault kept the teller from knowing. */
  readonly told: number;
  readonly untold: boolean;
  /** Whether the message that the row waits for was lost or got another id. */
  readonly adrift: boolean;
}

/**
 * Where every search begins: one accepted message; the ledger knows nothing, or a refused delivery
 * of the same event.
 */
export function initialStates(): State[] {
  const start: State = {
    row: null,
    messages: [{ id: 0, queue: 'main', deliveries: 0, visible: true }],
    consumers: [],
    alarm: false,
    faults: 0,
    copies: 0,
    replays: 0,
    successes: 0,
    excuses: 0,
    told: 0,
    untold: false,
    adrift: false,
  };
  const quarantined: Row = { status: 'quarantined', run: 1, holder: null, claim: null, leaseUntil: 0, attempts: 0 };
  return [start, { ...start, row: quarantined, alarm: true }];
}

/** A name that nobody uses. */
export function freshName(used: readonly (number | string | null | undefined)[]): number {
  const taken = new Set(used.filter((name) => name !== null && name !== undefined).map(Number));
  for (let name = 0; ; name += 1) if (!taken.has(name)) return name;
}

/** The same text for states that differ only in names and in order. */
export function keyOf(state: State): string {
  const { row, messages, consumers } = state;
  const mine = (each: Consumer) =>
    `${row?.claim === String(each.claim) ? 'h' : '-'}${each.queue === 'main' ? 'm' : 'd'}` +
    `${each.last ? 'l' : '-'}${each.phase}` +
    `${each.run}${each.outcome}${each.unreported ? 'u' : '-'}${each.stalled ? 's' : '-'}`;
  const consumersOf = (id: number) => {
    const own = consumers.filter((each) => each.message === id).map(mine);
    return own.length > 1 ? own.sort().join('+') : own.join();
  };
  // A consumer's claim matters only if it is the row's, a message's name only by who holds it: with
  // that said, names can go.
  const parts = messages.map((message) => {
    const { id, queue, deliveries, visible } = message;
    const held = row?.holder === String(id);
    return `${held ? 'h' : '-'}${queue === 'main' ? 'm' : 'd'}${deliveries}${visible ? 'v' : '-'}${consumersOf(id)}`;
  });
  const gone = consumers.filter(({ message }) => !messages.some(({ id }) => id === message));
  const ghosts = gone.map((each) => `${row?.holder === String(each.message) ? 'h' : '-'}${mine(each)}`);
  const flags = (state.alarm ? 1 : 0) + (state.untold ? 2 : 0) + (state.adrift ? 4 : 0);
  const counts = `${state.faults}${state.copies}${state.replays}${state.successes}${state.excuses}${state.told}${flags}`;
  const rowText = row
    ? `${row.status}${row.run}${row.holder === null ? '-' : 'h'}${row.claim === null ? '-' : 'c'}` +
      `${row.leaseUntil}.${row.attempts}`
    : '';
  return `${rowText}|${parts.sort().join()}|${ghosts.sort().join()}|${counts}`;
}
