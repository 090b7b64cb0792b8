// The ledger's writing side: applies the transitions to the rows. The time comes in with every call, so that the same
// code runs inside the object, in tests and in the simulation. Every method is one transaction.
import { LEASE_MS, STUCK_AFTER_MS } from '../limits.ts';
import type { BuryAnswer, BuryRequest, ClaimAnswer, ClaimRequest, QuarantineRequest, Report } from './protocol.ts';
import type { Transaction } from './sql.ts';
import type { Row, RowChange, Store, Try } from './store.ts';
import { decideBury, decideClaim, decideReopen, decideSettle, type ReopenRefusal } from './transitions.ts';

const LOST_ERROR = 'the consumer stopped before it could report';

/** An event on its way back into the queue. */
export interface Reopened {
  readonly kind: 'reopened';
  readonly event: string;
  readonly run: number;
  /** The row as it was, to put back if sending fails. */
  readonly before: Row;
}

export class Ledger {
  readonly #store: Store;
  readonly #transaction: Transaction;

  constructor(store: Store, transaction: Transaction) {
    this.#store = store;
    this.#transaction = transaction;
  }

  /**
   * Asks for the right to run events, one answer per request, in order.
   *
   * @param claim Names the consumer invocation; repeating a call whose answer got lost repeats its answer.
   * @param now Milliseconds since the epoch.
   */
  claim(claim: string, requests: readonly ClaimRequest[], now: number): ClaimAnswer[] {
    return this.#transaction(() => {
      const rows = this.#store.rows(requests.map((request) => request.id));
      const granted = new Set<string>();
      return requests.map((request) => {
        // Two copies in one batch: the second must see what the first has just written.
        const row = rows.get(request.id);
        // One message twice in a batch would pass for a repeated call. Nothing forbids a queue to deliver so.
        if (row && granted.has(request.messageId)) return { kind: 'busy', until: row.leaseUntil };
        const by = { messageId: request.messageId, claim };
        const decision = decideClaim(row, by, now);
        if (decision.kind !== 'run') return decision;
        const next = this.#grant(row, request, by, decision.lost, now);
        rows.set(request.id, next);
        granted.add(request.messageId);
        return { kind: 'run', run: next.run, attempt: next.attempts, steps: next.steps };
      });
    });
  }

  #grant(
    row: Row | undefined,
    request: ClaimRequest,
    by: { readonly messageId: string; readonly claim: string },
    lost: boolean,
    now: number,
  ): Row {
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
    if (row.status === 'quarantined') this.#store.setEvent(row, request.event);
    const change: RowChange = {
      ...held,
      dueAt: leaseUntil + STUCK_AFTER_MS,
      attempts: row.attempts + 1,
      ...(lost && { tries: [...row.tries, lostTry(row)] }),
    };
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
      const rows = this.#store.rows(reports.map((report) => report.id));
      return reports.map((report) => {
        const row = rows.get(report.id);
        const decision = decideSettle(row, { ...report, claim }, report.outcome);
        if (row === undefined || decision.kind !== 'record') return decision.kind === 'known';
        const change = settledBy({ ...report, claim }, row, now);
        this.#store.update(row, change, now);
        rows.set(report.id, { ...row, ...change });
        return true;
      });
    });
  }

  /** Decides about events whose messages have used up their tries, one answer per request, in order. */
  bury(requests: readonly BuryRequest[], now: number): BuryAnswer[] {
    return this.#transaction(() =>
      requests.map(({ messageId, id }) => {
        const row = this.#store.row(id);
        const decision = decideBury(row, messageId, now);
        if (decision.kind !== 'dead') return decision;
        if (row === undefined) throw new Error('buried a row that is not there');
        const tries = decision.lost ? [...row.tries, lostTry(row)] : row.tries;
        this.#store.update(row, { status: 'dead', dueAt: null, tries }, now);
        return { kind: 'dead', attempts: row.attempts, error: tries.at(-1)?.error ?? LOST_ERROR };
      }),
    );
  }

  /** Keeps deliveries that were refused although genuine. One that is known, whatever its status, changes nothing. */
  quarantine(requests: readonly QuarantineRequest[], now: number): void {
    this.#transaction(() => {
      for (const request of requests) {
        if (this.#store.row(request.id) === undefined) this.#store.insert(request, { status: 'quarantined' }, now);
      }
    });
  }

  /**
   * Opens an event for its next run. It must then be sent; where that fails, `undoReopen`. Steps that have succeeded stay
   * done, so that replaying a dead event repeats only what failed; a processed one starts over.
   */
  reopen(id: string, now: number): Reopened | { readonly kind: 'refused'; readonly reason: ReopenRefusal } {
    return this.#transaction(() => {
      const row = this.#store.row(id);
      const event = row ? this.#store.eventOf(row) : null;
      const decision = decideReopen(row, event !== null, now);
      if (decision.kind === 'refuse') return { kind: 'refused', reason: decision.reason };
      if (row === undefined || event === null) throw new Error('reopened a row that is not there');
      const run = row.run + 1;
      this.#store.update(row, { ...requeued(now), run, attempts: 0 }, now);
      return { kind: 'reopened', event, run, before: row };
    });
  }

  /** Puts a reopened row back as it was, unless a message has taken it in the meantime. */
  undoReopen({ before, run }: Reopened, now: number): void {
    this.#transaction(() => {
      const row = this.#store.row(before.id);
      if (row?.status !== 'queued' || row.run !== run) return;
      const { status, run: earlier, holder, claim, leaseUntil, attempts } = before;
      // The watchdog may have passed by while the row was queued: a first try it has not met again needs a due time now.
      const dueAt = status === 'processing' ? leaseUntil + STUCK_AFTER_MS : before.dueAt;
      this.#store.update(row, { status, run: earlier, holder, claim, leaseUntil, dueAt, attempts }, now);
    });
  }
}

/** A row that waits for whichever message comes first. */
export function requeued(now: number): RowChange {
  return { status: 'queued', holder: null, claim: null, leaseUntil: 0, dueAt: now + STUCK_AFTER_MS };
}

function settledBy(report: Report & { readonly claim: string }, row: Row, now: number): RowChange {
  const outcome = report.outcome === 'processed' ? 'succeeded' : 'failed';
  const attempt: Try = { at: now, ms: report.ms, outcome, ...(report.error !== undefined && { error: report.error }) };
  return {
    status: report.outcome,
    // A late success takes the row over, so that a second one can be told from it.
    holder: report.messageId,
    claim: report.claim,
    dueAt: report.outcome === 'retrying' ? (report.retryAt ?? now) + STUCK_AFTER_MS : null,
    tries: [...row.tries, attempt],
    // Of a finished event no step needs remembering.
    steps: report.outcome === 'processed' ? [] : [...new Set([...row.steps, ...report.steps])],
  };
}

function lostTry(row: Row): Try {
  return { at: row.leaseUntil, outcome: 'lost', error: LOST_ERROR };
}
