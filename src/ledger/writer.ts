// The ledger's writing side: applies the transitions to the rows. The time comes in with every
// call, so that the same code runs inside the object, in tests and in the simulation. Every method
// is one transaction.

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
import { decideBury, decideClaim, decideReopen, decideSettle, type ReopenRefusal } from './transitions.ts';

const LOST_ERROR = 'the consumer stopped before it could report';
const HOUR_MS = 3_600_000;

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
   * Asks for the right to run events, one answer per request, in order.
   *
   * @param claim Names the consumer invocation; repeating a call whose answer got lost repeats its
   * answer.
   * @param now Milliseconds since the epoch.
   */
  claim(claim: string, requests: readonly ClaimRequest[], now: number): ClaimAnswer[] {
    return this.#transaction(() => {
      const rows = this.#store.rows(requests);
      const answered = new Map<string, ClaimAnswer>();
      return requests.map((request) => {
        // Two copies in one batch: the second must see what the first has just written.
        const row = rows.get(nameOf(request));
        // One message twice in a batch would pass for a repeated call. Nothing forbids a queue to
        // deliver so.
        const before = answered.get(request.messageId);
        if (before)
          return before.kind === 'run' && row ? { kind: 'busy', until: row.leaseUntil } : { kind: 'duplicate' };
        const answer = this.#answerClaim(row, request, { messageId: request.messageId, claim }, rows, now);
        if (answer.kind === 'run' || answer.kind === 'dead') answered.set(request.messageId, answer);
        return answer;
      });
    });
  }

  #answerClaim(
    row: Row | undefined,
    request: ClaimRequest,
    by: Claimant,
    rows: Map<string, Row>,
    now: number,
  ): ClaimAnswer {
    const decision = decideClaim(row, by, now);
    switch (decision.kind) {
      case 'run': {
        const next = this.#grant(row, request, by, decision.lost, now);
        rows.set(nameOf(request), next);
        return { kind: 'run', run: next.run, attempt: next.attempts, steps: next.steps };
      }
      case 'dead': {
        if (row === undefined) throw new Error('gave up a row that is not there');
        const next = decision.again ? row : this.#giveUp(row, by, now);
        rows.set(nameOf(request), next);
        return deathOf(next);
      }
      case 'busy':
      case 'duplicate':
        return decision;
    }
  }

  #grant(row: Row | undefined, request: ClaimRequest, by: Claimant, lost: boolean, now: number): Row {
    const leaseUntil = now + LEASE_MS;
    const held = { status: 'processing', holder: by.messageId, claim: by.claim, leaseUntil } as const;
    if (row === undefined) {
      const seq = this.#store.insert({ ...request, refusal: null }, { ...held, attempts: 1 }, now);
      const { id, type, endpoint, receivedAt } = request;
      return {
        ...{ id, type, endpoint, receivedAt, seq, ...held },
        ...{ run: 1, attempts: 1, dueAt: null, updatedAt: now, tries: [], steps: [] },
      };
    }
    if (row.claim === by.claim && row.status === 'processing') return row;
    // What is run is what the row holds: another message may bring another envelope under the same
    // id.
    if (row.holder !== by.messageId) this.#store.setEvent(row, request.event);
    const change: RowChange = {
      ...held,
      type: request.type,
      dueAt: leaseUntil + this.#stuckAfterMs,
      attempts: row.attempts + 1,
      ...(lost && { tries: [...row.tries, lostTry(row)] }),
    };
    this.#store.update(row, change, now);
    return { ...row, ...change };
  }

  /** The row names who gave it up, so that a report of its last run comes too late. */
  #giveUp(row: Row, by: Claimant, now: number): Row {
    const tries = row.status === 'processing' ? [...row.tries, lostTry(row)] : row.tries;
    const change: RowChange = { status: 'dead', holder: by.messageId, claim: by.claim, dueAt: null, tries };
    this.#store.update(row, change, now);
    return { ...row, ...change };
  }

  /**
   * Records what became of granted runs. Repeating a call whose answer got lost changes nothing.
   *
   * @returns For each report whether it counts: false where the row had moved on without it.
   */
  settle(claim: string, reports: readonly Report[], now: number): boolean[] {
    return this.#transaction(() => {
      const keyed = reports.map((report) => ({ ...report, ...this.#keyOf(report) }));
      const rows = this.#store.rows(keyed);
      return keyed.map((report) => {
        const row = rows.get(nameOf(report));
        const decision = decideSettle(row, { ...report, claim }, report.outcome);
        if (row === undefined || decision.kind !== 'record') return decision.kind === 'known';
        const change = this.#settledBy({ ...report, claim }, row, now);
        this.#store.update(row, change, now);
        rows.set(nameOf(report), { ...row, ...change });
        return true;
      });
    });
  }

  /**
   * Decides about events whose messages have used up their tries, one answer per request, in order.
   *
   * @param claim Names the call; repeating one whose answer got lost repeats its answer.
   */
  bury(claim: string, requests: readonly BuryRequest[], now: number): BuryAnswer[] {
    return this.#transaction(() => {
      const buried = new Set<string>();
      return requests.map((request) => {
        const row = this.#store.row(this.#keyOf(request));
        // One message twice in a batch would pass for a repeated call.
        if (buried.has(request.messageId)) return { kind: 'drop' };
        buried.add(request.messageId);
        if (row?.status === 'dead' && row.claim === claim && row.holder === request.messageId) return deathOf(row);
        const decision = decideBury(row, request.messageId, now);
        if (decision.kind !== 'dead') return decision;
        if (row === undefined) throw new Error('buried a row that is not there');
        return deathOf(this.#giveUp(row, { messageId: request.messageId, claim }, now));
      });
    });
  }

  /**
   * Keeps deliveries that were refused although genuine, one answer per request, in order. One that
   * is known, whatever its status, changes nothing.
   */
  quarantine(requests: readonly QuarantineRequest[], now: number): QuarantineAnswer[] {
    return this.#transaction(() => {
      const since = now - HOUR_MS;
      // Letters that come once more count as if they had not been here: they get the same answer.
      const again = requests.map((request) => repeatedRow(this.#store.row(request), request)?.updatedAt ?? 0);
      const before = this.#store.keptSince(since) - again.filter((updatedAt) => updatedAt > since).length;
      let kept = before;
      const answers = requests.map((request): QuarantineAnswer => {
        const row = this.#store.row(request);
        const holder = request.messageId ?? null;
        if (row === undefined) this.#store.insert(request, { status: 'quarantined', holder }, now);
        else if (repeatedRow(row, request) === undefined) return { kind: 'known' };
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
   * that have succeeded stay done, so that replaying a dead event repeats only what failed; a
   * processed one starts over.
   */
  reopen(key: EventKey, now: number): Reopened | { readonly kind: 'refused'; readonly reason: ReopenRefusal } {
    return this.#transaction(() => {
      const row = this.#store.row(key);
      const event = row ? this.#store.eventOf(row) : null;
      const decision = decideReopen(row, event !== null, now);
      if (decision.kind === 'refuse') return { kind: 'refused', reason: decision.reason };
      if (row === undefined || event === null) throw new Error('reopened a row that is not there');
      const run = row.run + 1;
      this.#store.update(row, { ...requeued(row, now, this.#stuckAfterMs), run, attempts: 0 }, now);
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
    return this.#transaction(() => {
      const row = this.#store.row(found);
      if (row === undefined) return true;
      const { id, endpoint, type } = event;
      const delivery = { id, endpoint, type, receivedAt: row.receivedAt, event: JSON.stringify(event), refusal: null };
      if (nameOf(found) === nameOf(event)) {
        // Another message may have brought an envelope of its own meanwhile.
        if (this.#store.eventOf(row) === null) this.#store.setEvent(row, delivery.event);
        return true;
      }
      this.#store.update(row, { status: 'processed', dueAt: null }, now);
      const known = this.#store.row(event);
      if (known === undefined) this.#store.insert(delivery, { status: 'quarantined' }, now);
      return known?.status !== 'processed';
    });
  }

  /** Puts a reopened row back as it was, unless a message has taken it in the meantime. */
  undoReopen({ before, run }: Reopened, now: number): void {
    this.#transaction(() => {
      const row = this.#store.row(before);
      if (row?.status !== 'queued' || row.run !== run) return;
      const { status, run: earlier, holder, claim, leaseUntil, attempts, tries } = before;
      // The watchdog may have passed by while the row was queued: a first try it has not met again
      // needs a due time now.
      const dueAt = status === 'processing' ? leaseUntil + this.#stuckAfterMs : before.dueAt;
      this.#store.update(row, { status, run: earlier, holder, claim, leaseUntil, dueAt, attempts, tries }, now);
    });
  }

  /** Calls of an older Worker name no endpoint. */
  #keyOf({ endpoint, id, messageId }: { endpoint?: string; id: string; messageId: string }): EventKey {
    return { id, endpoint: endpoint ?? this.#store.endpointOf(id, messageId) };
  }

  #settledBy(report: Report & { readonly claim: string }, row: Row, now: number): RowChange {
    const { ms, error } = report;
    const outcome = report.outcome === 'processed' ? 'succeeded' : 'failed';
    const attempt: Try = { at: now, ms, outcome, ...(error !== undefined && { error }) };
    return {
      status: report.outcome,
      // A late success takes the row over, so that a second one can be told from it.
      holder: report.messageId,
      claim: report.claim,
      dueAt: report.outcome === 'retrying' ? (report.retryAt ?? now) + this.#stuckAfterMs : null,
      tries: [...row.tries, attempt],
      // Of a finished event no step needs remembering.
      steps: report.outcome === 'processed' ? [] : [...new Set([...row.steps, ...report.steps])],
    };
  }
}

/**
 * What a row becomes that waits for whichever message comes first. A try that never reported goes
 * into the history.
 */
export function requeued(row: Row, now: number, stuckAfterMs: number): RowChange {
  const waiting = { status: 'queued', holder: null, claim: null, leaseUntil: 0, dueAt: now + stuckAfterMs } as const;
  return row.status === 'processing' ? { ...waiting, tries: [...row.tries, lostTry(row)] } : waiting;
}

function deathOf({ attempts, tries }: Row) {
  return { kind: 'dead', attempts, error: tries.at(-1)?.error ?? LOST_ERROR } as const;
}

/** The row of a letter that is here once more: its consumer stopped before it could tell. */
function repeatedRow(row: Row | undefined, { messageId }: QuarantineRequest): Row | undefined {
  return row?.status === 'quarantined' && messageId !== undefined && row.holder === messageId ? row : undefined;
}

function lostTry(row: Row): Try {
  return { at: row.leaseUntil, outcome: 'lost', error: LOST_ERROR };
}

/**
 * How many kept deliveries one line has to count now, or 0 for none. The first line comes with the
 * first one too many, the next ones when their number has doubled: a flood is told, but does not
 * become one.
 */
function countToTell(before: number, now: number): number {
  const [restBefore, rest] = [before, now].map((count) => Math.max(count - KEPT_TOLD_ONE_BY_ONE, 0)) as [
    number,
    number,
  ];
  return Math.floor(Math.log2(rest)) > Math.floor(Math.log2(restBefore)) ? rest : 0;
}
