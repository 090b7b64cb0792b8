// Storage with a meter: counts the rows that statements write, as they are billed.
import type { Sql, SqlCursor, SqlValue } from '../../src/ledger/sql.ts';

export class MeteredSql implements Sql {
  readonly #sql: SqlStorage;
  /** Kept until asked: a cursor knows its number only once it has been read to its end. */
  #cursors: SqlCursor<unknown>[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
    const cursor = this.#sql.exec<Row>(query, ...bindings);
    this.#cursors.push(cursor);
    return cursor;
  }

  /** Rows and index entries written since the last question. */
  rowsWritten(): number {
    const rows = this.#cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0);
    this.#cursors = [];
    return rows;
  }
}
