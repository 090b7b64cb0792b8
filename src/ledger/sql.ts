// The part of a Durable Object's storage that the ledger uses. The same code runs on any SQLite.

export type SqlValue = string | number | null;

export interface Sql {
  exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row>;
}

export interface SqlCursor<Row> extends Iterable<Row> {
  toArray(): Row[];
  /** Rows and index entries that the statement has written, as they are billed. */
  readonly rowsWritten: number;
}

/** Runs `work` so that its writes take effect together or not at all. */
export type Transaction = <Value>(work: () => Value) => Value;

/** The first row that a query finds. */
export function firstRow<Row extends Record<string, SqlValue>>(sql: Sql, query: string, ...bindings: SqlValue[]) {
  return sql.exec<Row>(query, ...bindings).toArray()[0];
}

/** The first column of the first row that a query finds; null where it finds none. */
export function firstValue<Value extends SqlValue>(sql: Sql, query: string, ...bindings: SqlValue[]): Value | null {
  return (Object.values(firstRow(sql, query, ...bindings) ?? {})[0] as Value | undefined) ?? null;
}

/** Longest JSON bound at once, in characters of up to three bytes: the platform takes 2 MB. */
const MAX_PORTION = 600_000;

/** Lists as JSON, in as few portions as the platform's limit allows. */
export function* portionsOf(lists: Iterable<readonly unknown[]>): Generator<string> {
  let portion = '';
  for (const list of lists) {
    const json = JSON.stringify(list);
    if (portion !== '' && portion.length + json.length > MAX_PORTION) {
      yield `[${portion}]`;
      portion = '';
    }
    portion += portion === '' ? json : `,${json}`;
  }
  if (portion !== '') yield `[${portion}]`;
}
