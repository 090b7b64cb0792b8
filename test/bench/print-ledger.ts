// The ledger's figures as a table for people.
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
  const count = (number: number) => `${number.toLocaleString('en')} rows`.padStart(16);
  console.log(`${'ms, median'.padEnd(24)}${count(FEW_ROWS)}${count(rows)}${'ratio'.padStart(8)}   rounds`);
  for (const operation of operations) {
    const { few, many, ratio } = medians[operation];
    const cells = [few, many].map((ms) => ms.toFixed(2).padStart(16)).join('');
    const each = compare(rounds.many[operation], rounds.few[operation])
      .rounds.map((of) => of.toFixed(2))
      .join(' ');
    console.log(`${names[operation].padEnd(24)}${cells}${ratio.toFixed(2).padStart(8)}   ${each}`);
  }
  console.log(`\nAt most ${MOST_ROWS_PER_EVENT} rows per event: ${withinBudget.rows ? 'yes' : 'NO'}`);
  console.log(`Claims at most ${MOST_GROWTH} times as slow: ${withinBudget.growth ? 'yes' : 'NO'}`);
}
