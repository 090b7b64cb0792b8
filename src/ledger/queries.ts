// The ledger's reading side, for people: one event with its history, lists, counts. Every query is bounded.
import type { AnyEvent } from '../event/envelope.ts';
import type { Sql } from './sql.ts';
import type { Status } from './status.ts';
import type { Store, Try } from './store.ts';

/** One line of a list. Times are milliseconds since the epoch. */
export interface EventSummary {
  readonly id: string;
  readonly seq: number;
  readonly status: Status;
  readonly type: string;
  readonly endpoint: string;
  readonly attempts: number;
  readonly run: number;
  readonly receivedAt: number;
  readonly updatedAt: number;
  readonly lastError: string | null;
}

/** Everything known about one event. */
export interface EventRecord extends EventSummary {
  readonly event: AnyEvent | null;
  readonly refusal: Refusal | null;
  readonly tries: readonly Try[];
  readonly steps: readonly string[];
  /** While `processing`: when the lease ends. While `retrying` or `queued`: when the watchdog takes over. */
  readonly leaseUntil: number | null;
  readonly dueAt: number | null;
}

/** A delivery as the edge refused it. */
export interface Refusal {
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

export interface EventFilter {
  readonly status?: Status | undefined;
  readonly type?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Part of an id, or of the envelope's text. */
  readonly q?: string | undefined;
}

export interface EventPage {
  readonly events: readonly EventSummary[];
  /** Give it back for the next page; null on the last. Stable while events arrive: it points into the order of arrival. */
  readonly cursor: number | null;
}

type SummaryRow = {
  id: string;
  seq: number;
  status: Status;
  type: string;
  endpoint: string;
  attempts: number;
  run: number;
  received_at: number;
  updated_at: number;
  last_error: string | null;
};

const SUMMARY = `e.id, e.seq, e.status, e.type, e.endpoint, e.attempts, e.run, e.received_at, e.updated_at,
  json_extract(e.tries, '$[#-1].error') AS last_error`;

export class Queries {
  readonly #sql: Sql;
  readonly #store: Store;

  constructor(sql: Sql, store: Store) {
    this.#sql = sql;
    this.#store = store;
  }

  get(id: string): EventRecord | null {
    const row = this.#store.row(id);
    if (row === undefined) return null;
    const [delivery] = this.#sql
      .exec<{ event: string | null; refusal: string | null }>(
        'SELECT event, refusal FROM deliveries WHERE seq = ?',
        row.seq,
      )
      .toArray();
    return {
      id: row.id,
      seq: row.seq,
      status: row.status,
      type: row.type,
      endpoint: row.endpoint,
      attempts: row.attempts,
      run: row.run,
      receivedAt: row.receivedAt,
      updatedAt: row.updatedAt,
      lastError: row.tries.at(-1)?.error ?? null,
      event: delivery?.event ? (JSON.parse(delivery.event) as AnyEvent) : null,
      refusal: delivery?.refusal ? (JSON.parse(delivery.refusal) as Refusal) : null,
      tries: row.tries,
      steps: row.steps,
      leaseUntil: row.status === 'processing' ? row.leaseUntil : null,
      dueAt: row.dueAt,
    };
  }

  /**
   * Events that match, the latest first.
   *
   * @param cursor From the page before, or null for the first.
   */
  list(filter: EventFilter, cursor: number | null, limit: number): EventPage {
    const where: string[] = [];
    const bindings: (string | number)[] = [];
    const and = (term: string, ...values: (string | number)[]) => {
      where.push(term);
      bindings.push(...values);
    };
    if (filter.status === 'processing' || filter.status === 'processed') and('e.status = ?', filter.status);
    else if (filter.status) and('e.attention = ?', filter.status);
    if (filter.type) and('e.type = ?', filter.type);
    if (filter.endpoint) and('e.endpoint = ?', filter.endpoint);
    if (filter.q) {
      const like = `%${filter.q.replaceAll(/[\\%_]/g, '\\$&')}%`;
      and(`(e.id LIKE ? ESCAPE '\\' OR d.event LIKE ? ESCAPE '\\')`, like, like);
    }
    if (cursor !== null) and('d.seq < ?', cursor);

    const rows = this.#sql
      .exec<SummaryRow>(
        `SELECT ${SUMMARY} FROM deliveries AS d JOIN events AS e ON e.id = d.id
         ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY d.seq DESC LIMIT ?`,
        ...bindings,
        limit + 1,
      )
      .toArray();
    const events = rows.slice(0, limit).map(summaryOf);
    return { events, cursor: rows.length > limit ? (events.at(-1)?.seq ?? null) : null };
  }
}

function summaryOf(row: SummaryRow): EventSummary {
  return {
    id: row.id,
    seq: row.seq,
    status: row.status,
    type: row.type,
    endpoint: row.endpoint,
    attempts: row.attempts,
    run: row.run,
    receivedAt: row.received_at,
    updatedAt: row.updated_at,
    lastError: row.last_error,
  };
}
