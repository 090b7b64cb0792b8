// The ledger's writing side: applies the transitions to the rows. Every method is one transaction.
// The time comes in with every call, in milliseconds since the epoch, so that tests can set it.
import type { AnyEvent } from '../event/envelope.ts';
import { KEPT_TOLD_ONE_BY_ONE, LEASE_MS, STUCK_AFTER_MS } from '../limits.ts';
import type {
  BuryAnswer,
  BuryRequest,
  ClaimAnswer,
  ClaimRequest,
  QuarantineAnswer,
  QuarantineRequest,
  Report,
} from './protocol.ts';
import type { Transaction } from './sql.ts';
import type { Claimant } from './status.ts';
import { type EventKey, nameOf, type Row, type RowChange, type Store, type Try } from './store.ts';
import { HOUR_MS } from './tally.ts';
import { decideBury, decideClaim, decideReopen, decideSettle, type ReopenRefusal } from './transitions.ts';
import { WorkingSet } from './working-set.ts';

const LOST_ERROR = 'the consumer stopped before it could report';

/** An event on its way back into the queue. */
export interface Reopened {
  readonly kind: 'reopened';
  readonly event: string;
  readonly run: number;
  /** The row as it was, to put back if sending fails. */
  readonly before: Row;
}

export class Writer {
  readonly #store: Store;
  readonly #transaction: Transaction;
  readonly #stuckAfterMs: number;

  /** @param stuckAfterMs How long after its due time a row counts as stuck. */
  constructor(store: Store, transaction: Transaction, stuckAfterMs: number = STUCK_AFTER_MS) {
    this.#store = store;
    this.#transaction = transaction;
    this.#stuckAfterMs = stuckAfterMs;
  }

  /**
   * Asks for the right to run events, one answer per request, in order. Repeating a call whose
   * answer got lost repeats its answer.
   *
   * @param claim Names the consumer invocation.
   */
  claim(claim: string, requests: readonly ClaimRequest[], now: number): ClaimAnswer[] {
    return this.#change(requests, now, (rows) => {
      const answered = new Map<string, ClaimAnswer>();
      return requests.map((request) => {
        // One message twice in a batch (nothing forbids it) would pass for a repeated call.
        const before = answered.get(request.messageId);
        const row = rows.row(request);
        if (before?.kind === 'run' && row) return { kind: 'busy', until: row.leaseUntil };
        if (before) return { kind: 'duplicate' };
        const answer = this.#answerClaim(request, claim, rows, now);
        if (answer.kind === 'run' || answer.kind === 'dead') answered.set(request.messageId, answer);
        return answer;
      });
    });
  }

  #answerClaim(request: ClaimRequest, claim: string, rows: WorkingSet, now: number): ClaimAnswer {
    const row = rows.row(request);
    const by = { messageId: request.messageId, claim };
    const decision = decideClaim(row, by, now);
    switch (decision.kind) {
      case 'run': {
        const { run, attempts: attempt, steps } = this.#grant(row, request, by, decision.lost, rows, now);
        return { kind: 'run', run, attempt, steps };
      }
      case 'dead':
        if (row === undefined) throw new Error('gave up a row that is not there');
        return deathOf(decision.again ? row : giveUp(row, by, rows));
      case 'busy':
      case 'duplicate':
        return decision;
    }
  }

  #grant(row: Row | undefined, request: ClaimRequest, by: Claimant, lost: boolean, rows: WorkingSet, now: number): Row {
    const leaseUntil = now + LEASE_MS;
    const held = { status: 'processing', holder: by.messageId, claim: by.claim, leaseUntil } as const;
    if (row === undefined) return rows.insert({ ...request, refusal: null }, { ...held, attempts: 1 });
    if (row.claim === by.claim && row.status === 'processing') return row;
    const change = { dueAt: leaseUntil + this.#stuckAfterMs, attempts: row.attempts + 1, tries: historyOf(row, lost) };
    const next = rows.update(row, { ...held, type: request.type, ...change });
    // What is run is what the row holds, and another message may bring another envelope.
    if (row.holder !== by.messageId) rows.setEvent(next, request.event);
    return next;
  }

  /**
   * Records what became of granted runs. Repeating a call whose answer got lost changes nothing.
   *
   * @returns For each report whether it counts: false where the row had moved on without it.
   */
  settle(claim: string, reports: readonly Report[], now: number): boolean[] {
    const keyed = reports.map((report) => ({ ...report, ...this.#keyOf(report), claim }));
    return this.#change(keyed, now, (rows) =>
      keyed.map((report) => {
        const row = rows.row(report);
        const decision = decideSettle(row, report, report.outcome);
        if (row === undefined || decision.kind !== 'record') return decision.kind === 'known';
        rows.update(row, this.#settledBy(report, row, now));
        return true;
      }),
    );
  }

  /**
   * Decides about events whose messages have used up their tries, one answer each, in order.
   *
   * @param claim Names the call; repeating one whose answer got lost repeats its answer.
   */
  bury(claim: string, requests: readonly BuryRequest[], now: number): BuryAnswer[] {
    const keyed = requests.map((request) => ({ ...request, ...this.#keyOf(request) }));
    return this.#change(keyed, now, (rows) => {
      const buried = new Set<string>();
      const bury = (row: Row, messageId: string) => {
        buried.add(messageId);
        return deathOf(row);
      };
      return keyed.map(({ messageId, ...key }) => {
        const row = rows.row(key);
        // One message twice in a batch would pass for a repeated call, and be told twice.
        if (buried.has(messageId)) return { kind: 'drop' };
        if (row?.status === 'dead' && row.claim === claim && row.holder === messageId) return bury(row, messageId);
        const decision = decideBury(row, messageId, now);
        if (decision.kind !== 'dead') return decision;
        if (row === undefined) throw new Error('buried a row that is not there');
        return bury(giveUp(row, { messageId, claim }, rows), messageId);
      });
    });
  }

  /**
   * Keeps deliveries that were refused although genuine, one answer per request, in order. One that
   * is known, whatever its status, changes nothing. What comes by no message is told to nobody.
   */
  quarantine(requests: readonly QuarantineRequest[], now: number): QuarantineAnswer[] {
    return this.#change(requests, now, (rows) => {
      const since = now - HOUR_MS;
      // Letters that come once more count as if they had not been here: they get the same answer.
      const again = requests.map((request) => repeatedRow(rows.row(request), request)?.updatedAt ?? 0);
      const before = this.#store.keptSince(since) - again.filter((updatedAt) => updatedAt > since).length;
      let kept = before;
      const answers = requests.map((request): QuarantineAnswer => {
        const row = rows.row(request);
        const holder = request.messageId ?? null;
        if (row === undefined) rows.insert(request, { status: 'quarantined', holder });
        else if (repeatedRow(row, request) === undefined) return { kind: 'known' };
        if (holder === null) return { kind: 'known' };
        kept += 1;
        return kept <= KEPT_TOLD_ONE_BY_ONE ? { kind: 'tell' } : { kind: 'known' };
      });
      const count = countToTell(before, kept);
      const last = answers.findLastIndex((answer) => answer.kind === 'known');
      return count === 0 ? answers : answers.with(last, { kind: 'tell_count', count });
    });
  }

  /**
   * Opens an event for its next run. It must then be sent; where that fails, `undoReopen`. Steps
   * that have succeeded stay done: replaying a dead event repeats only what failed.
   */
  reopen(key: EventKey, now: number): Reopened | { readonly kind: 'refused'; readonly reason: ReopenRefusal } {
    return this.#change([key], now, (rows) => {
      const row = rows.row(key);
      const event = row ? this.#store.eventOf(row) : null;
      const decision = decideReopen(row, event !== null, now);
      if (decision.kind === 'refuse') return { kind: 'refused', reason: decision.reason };
      if (row === undefined || event === null) throw new Error('reopened a row that is not there');
      const run = row.run + 1;
      rows.update(row, { ...requeued(row, now, this.#stuckAfterMs), run, attempts: 0 });
      return { kind: 'reopened', event, run, before: row };
    });
  }

  /**
   * Gives an event that could not be read before a row of its own, which waits for a replay. The
   * row it was found in is done.
   *
   * @returns Whether it may be replayed: not where a copy of it has been processed already.
   */
  adopt(found: EventKey, event: AnyEvent, now: number): boolean {
    return this.#change([found, event], now, (rows) => {
      const row = rows.row(found);
      if (row === undefined) return true;
      const { id, endpoint, type } = event;
      const delivery = { id, endpoint, type, receivedAt: row.receivedAt, event: JSON.stringify(event), refusal: null };
      if (nameOf(found) === nameOf(event)) {
        // Another message may have brought an envelope of its own meanwhile.
        if (this.#store.eventOf(row) === null) rows.setEvent(row, delivery.event);
        return true;
      }
      rows.update(row, { status: 'processed', dueAt: null });
      const known = rows.row(event);
      if (known === undefined) rows.insert(delivery, { status: 'quarantined' });
      return known?.status !== 'processed';
    });
  }

  /** Puts a reopened row back as it was, unless a message has taken it in the meantime. */
  undoReopen({ before, run }: Reopened, now: number): void {
    this.#change([before], now, (rows) => {
      const row = rows.row(before);
      if (row?.status !== 'queued' || row.run !== run) return;
      // The watchdog may have passed a first try while it was queued, and will not meet it again.
      const dueAt = before.status === 'processing' ? before.leaseUntil + this.#stuckAfterMs : before.dueAt;
      rows.update(row, { ...before, dueAt });
    });
  }

  #keyOf({ id, endpoint, messageId }: BuryRequest): EventKey {
    return this.#store.keyOf(id, endpoint, messageId);
  }

  /** One transaction: what `work` changes in the rows of `keys` is written at its end. */
  #change<Value>(keys: readonly EventKey[], now: number, work: (rows: WorkingSet) => Value): Value {
    return this.#transaction(() => {
      const rows = new WorkingSet(this.#store, keys, now);
      const value = work(rows);
      rows.save();
      return value;
    });
  }

  #settledBy(report: Report & Claimant, row: Row, now: number): RowChange {
    const { messageId, claim, outcome: status, ms, error } = report;
    const done = status === 'processed';
    const outcome = done ? 'succeeded' : 'failed';
    const attempt: Try = { at: now, ms, outcome, ...(error !== undefined && { error }), ...numberOf(row) };
    return {
      // A late success takes the row over, so that a second one can be told from it.
      ...{ status, holder: messageId, claim },
      dueAt: status === 'retrying' ? (report.retryAt ?? now) + this.#stuckAfterMs : null,
      tries: [...row.tries, attempt],
      // Of a finished event no step needs remembering.
      steps: done ? [] : [...new Set([...row.steps, ...report.steps])],
    };
  }
}

/** What a row becomes that waits for whichever message comes first. */
export function requeued(row: Row, now: number, stuckAfterMs: number): RowChange {
  const waiting = { status: 'queued', holder: null, claim: null, leaseUntil: 0, dueAt: now + stuckAfterMs } as const;
  return { ...waiting, tries: historyOf(row) };
}

/** The row names who gave it up, so that a report of its last run comes too late. */
function giveUp(row: Row, { messageId: holder, claim }: Claimant, rows: WorkingSet): Row {
  return rows.update(row, { status: 'dead', holder, claim, dueAt: null, tries: historyOf(row) });
}

function deathOf({ attempts, tries }: Row) {
  return { kind: 'dead', attempts, error: tries.at(-1)?.error ?? LOST_ERROR } as const;
}

/** The row of a letter that is here once more: its consumer stopped before it could tell. */
function repeatedRow(row: Row | undefined, { messageId }: QuarantineRequest): Row | undefined {
  return row?.status === 'quarantined' && messageId !== undefined && row.holder === messageId ? row : undefined;
}

/** The tries of a row, the one that never reported included. */
function historyOf(row: Row, lost = row.status === 'processing'): readonly Try[] {
  return lost
    ? [...row.tries, { at: row.leaseUntil, outcome: 'lost', error: LOST_ERROR, ...numberOf(row) }]
    : row.tries;
}

/** Which try of its event the row is at. */
function numberOf({ run, attempts: attempt }: Row) {
  return { run, attempt };
}

/**
 * How many kept deliveries one line has to count now, or 0 for none. The first line comes with the
 * first one too many, the next ones when their number has doubled: a flood of deliveries must not
 * become a flood of lines.
 */
function countToTell(before: number, now: number): number {
  const rest = (kept: number) => Math.max(kept - KEPT_TOLD_ONE_BY_ONE, 0);
  return Math.floor(Math.log2(rest(now))) > Math.floor(Math.log2(rest(before))) ? rest(now) : 0;
}
