// Storage with a meter: counts the rows that statements read and write, as they are billed.
import type { Sql, SqlCursor, SqlValue } from '../../../src/ledger/sql.ts';

export class MeteredSql implements Sql {
  readonly #sql: SqlStorage;
  /** Kept until asked: a cursor knows its numbers only once it has been read to its end. */
  #cursors: SqlStorageCursor<Record<string, SqlValue>>[] = [];

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
    return this.#ask().written;
  }

  /** Rows and index entries read since the last question. */
  rowsRead(): number {
    return this.#ask().read;
  }

  #ask(): { read: number; written: number } {
    const cursors = this.#cursors;
    this.#cursors = [];
    return {
      read: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
      written: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
    };
  }
}
