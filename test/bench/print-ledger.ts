// The ledger's figures as a table for people.
import { columns } from '../../src/cli/columns.ts';
import { FEW_ROWS, type LedgerFigures, MOST_GROWTH, MOST_ROWS_PER_EVENT, operations } from './measure-ledger.ts';
import { compare } from './statistics.ts';

export function printLedger({ rows, size, rowsWritten, rounds, medians, withinBudget }: LedgerFigures): void {
  const { alone, batched } = rowsWritten;
  console.log('Rows written per event that succeeds at first try, claim and settle together');
  console.log(
    `  alone: ${alone.perEvent}    in a batch of ${size}: ${batched.perEvent}    a copy: ${batched.perCopy}\n`,
  );
  const names: Record<(typeof operations)[number], string> = {
    claimNew: `claim ${size} new events`,
    settleNew: `settle ${size} events`,
    claimKnown: `claim ${size} known events`,
    watch: 'one watchdog round',
  };
  const count = (number: number) => `${number.toLocaleString('en')} rows`;
  const measured = operations.map((operation) => {
    const { few, many, ratio } = medians[operation];
    const each = compare(rounds.many[operation], rounds.few[operation]).rounds.map((of) => of.toFixed(2));
    return [names[operation], few.toFixed(2), many.toFixed(2), ratio.toFixed(2), each.join(' ')];
  });
  const table = columns([['ms, median', count(FEW_ROWS), count(rows), 'ratio', 'rounds'], ...measured], [1, 2, 3]);
  console.log(table.join('\n'));
  console.log(`\nAt most ${MOST_ROWS_PER_EVENT} rows per event: ${withinBudget.rows ? 'yes' : 'NO'}`);
  console.log(`Claims at most ${MOST_GROWTH} times as slow: ${withinBudget.growth ? 'yes' : 'NO'}`);
}
