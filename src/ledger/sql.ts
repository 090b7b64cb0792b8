// The sliver of a Durable Object's storage that the ledger uses, so that the same code runs on any
// SQLite.

export type SqlValue = string | number | null;

export interface Sql {
  exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row>;
}

export interface SqlCursor<Row> extends Iterable<Row> {
  toArray(): Row[];
  /** Rows and index entries written by the statement, as they are billed. */
  readonly rowsWritten: number;
}

/** Runs `work` so that its writes take effect together or not at all. */
export type Transaction = <Value>(work: () => Value) => Value;
