// Counts rows written where SQLite does not tell: one for each row inserted, updated or deleted,
// and one for each index entry that is new. Entries that go are free. test/cost/row-meter.test.ts
// holds this against what workerd reports.
import type { Sql } from '../../src/ledger/sql.ts';

const NEW_ENTRIES = '(NEW.attention IS NOT NULL) + (NEW.due_at IS NOT NULL)';
const MOVED_ENTRIES = `(NEW.attention IS NOT NULL AND (NEW.attention IS NOT OLD.attention OR NEW.seq IS NOT OLD.seq))
  + (NEW.due_at IS NOT NULL AND NEW.due_at IS NOT OLD.due_at)`;

const TRIGGERS: readonly (readonly [table: string, verb: string, rows: string])[] = [
  ['deliveries', 'INSERT', '1'],
  ['deliveries', 'UPDATE', '1'],
  ['deliveries', 'DELETE', '1'],
  ['events', 'INSERT', `1 + ${NEW_ENTRIES}`],
  ['events', 'UPDATE', `1 + ${MOVED_ENTRIES}`],
  ['events', 'DELETE', '1'],
  ['marks', 'INSERT', '1'],
  ['tallies', 'INSERT', '1'],
  ['told', 'INSERT', '1'],
  ['told', 'DELETE', '1'],
];

export class RowMeter {
  readonly #sql: Sql;

  /** Installs itself into the ledger's tables. */
  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec('CREATE TEMP TABLE meter (rows INTEGER NOT NULL)');
    sql.exec('INSERT INTO meter VALUES (0)');
    for (const [table, verb, rows] of TRIGGERS) {
      sql.exec(`CREATE TEMP TRIGGER ${table}_${verb} AFTER ${verb} ON main.${table}
        BEGIN UPDATE meter SET rows = rows + ${rows}; END`);
    }
  }

  /** Rows written so far. */
  get rows(): number {
    return this.#sql.exec<{ rows: number }>('SELECT rows FROM meter').toArray()[0]?.rows ?? 0;
  }
}
