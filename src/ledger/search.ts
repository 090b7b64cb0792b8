// Finds events by what somebody remembers of them. Ids are searched from their beginning, in all rows; the text of
// envelopes only in the newest ones, and errors only where something still needs attention, so that a search stays cheap
// however much the ledger holds.
import { SEARCH_WINDOW } from '../limits.ts';
import type { Sql } from './sql.ts';

/** The greatest character of an id, and one more: everything that begins with `q` lies before `q` followed by it. */
const AFTER_ANY_ID_CHARACTER = '\x7f';

export class Search {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Places in the order of arrival, before `before`, of events that match; the latest first. */
  find(q: string, before: number): number[] {
    const text = `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
    const found = this.#sql.exec<{ seq: number }>(
      `SELECT seq FROM events WHERE id >= ?1 AND id < ?2 AND seq < ?3
       UNION
       SELECT seq FROM deliveries
       WHERE seq > (SELECT max(seq) FROM deliveries) - ${SEARCH_WINDOW} AND seq < ?3 AND event LIKE ?4 ESCAPE '\\'
       UNION
       SELECT seq FROM events WHERE attention IS NOT NULL AND seq < ?3 AND tries LIKE ?4 ESCAPE '\\'
       ORDER BY seq DESC`,
      q,
      q + AFTER_ANY_ID_CHARACTER,
      before,
      text,
    );
    return [...found].map((row) => row.seq);
  }
}
