// Finds events by what somebody remembers of them, at a cost that does not grow with the ledger:
// ids by their beginning, in all rows, up to a bound that only a few characters can reach; text of
// envelopes in the newest ones; errors only of what still needs attention. Case matters only at the
// beginning of ids.
import { SEARCH_BYTES, SEARCH_WINDOW } from '../limits.ts';
import type { Sql } from './sql.ts';

/** Greater than any character of an id: what begins with `q` lies before `q` followed by it. */
const AFTER_ANY_ID_CHARACTER = '\x7f';

/** Ids looked at for one beginning, in the order of ids. */
export const IDS_LOOKED_AT = 1_000;

/** Places in the order of arrival, before `before`, of events that match `q`; the latest first. */
export function findPlaces(sql: Sql, q: string, before: number): number[] {
  // As it is written inside JSON. Not LIKE: the platform takes patterns of 50 bytes at most.
  const text = JSON.stringify(q).slice(1, -1).toLowerCase();
  const query = `
    SELECT seq FROM (SELECT seq FROM events WHERE id >= ? AND id < ? LIMIT ${IDS_LOOKED_AT}) WHERE seq < ?
    UNION
    SELECT seq FROM deliveries WHERE seq >= ? AND seq < ? AND instr(lower(event), ?)
    UNION
    SELECT seq FROM (SELECT seq, tries FROM events WHERE attention IS NOT NULL
                     ORDER BY attention DESC, seq DESC LIMIT ${SEARCH_WINDOW})
    WHERE seq < ? AND instr(lower(tries), ?)
    ORDER BY seq DESC`;
  const inTexts = [oldestSearched(sql), before, text, before, text];
  const found = sql.exec<{ seq: number }>(query, q, q + AFTER_ANY_ID_CHARACTER, before, ...inTexts);
  return [...found].map((row) => row.seq);
}

/** The first place whose text is looked through: of the newest events, in number and in size. */
function oldestSearched(sql: Sql): number {
  // SQLite knows a text's size without reading it.
  const newest = sql.exec<{ seq: number; bytes: number | null }>(
    `SELECT seq, octet_length(event) AS bytes FROM deliveries ORDER BY seq DESC LIMIT ${SEARCH_WINDOW}`,
  );
  let oldest = Number.MAX_SAFE_INTEGER;
  let bytes = 0;
  for (const row of newest) {
    bytes += row.bytes ?? 0;
    if (bytes > SEARCH_BYTES) break;
    oldest = row.seq;
  }
  return oldest;
}
