// The object's storage on Node's SQLite: the same engine as in production, reached through the same
// narrow interface.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrate } from '../../src/ledger/schema.ts';
import type { Sql, SqlCursor, SqlValue, Transaction } from '../../src/ledger/sql.ts';

export interface Storage {
  readonly sql: Sql;
  readonly transaction: Transaction;
  /** Empties every table. */
  clear(): void;
}

export function openStorage(): Storage {
  const database = new DatabaseSync(':memory:');
  const statements = new Map<string, StatementSync>();
  const sql: Sql = {
    exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
      const statement = statements.get(query) ?? database.prepare(query);
      statements.set(query, statement);
      const rows = statement.all(...bindings) as Row[];
      return { toArray: () => rows, [Symbol.iterator]: () => rows[Symbol.iterator](), rowsWritten: 0 };
    },
  };
  const [begin, commit, rollback] = ['BEGIN', 'COMMIT', 'ROLLBACK'].map((word) => database.prepare(word)) as [
    StatementSync,
    StatementSync,
    StatementSync,
  ];
  const transaction: Transaction = (work) => {
    begin.run();
    try {
      const value = work();
      commit.run();
      return value;
    } catch (error) {
      rollback.run();
      throw error;
    }
  };
  migrate(sql, transaction);
  return {
    sql,
    transaction,
    clear: () => database.exec('DELETE FROM events; DELETE FROM deliveries; DELETE FROM marks; DELETE FROM tallies'),
  };
}
