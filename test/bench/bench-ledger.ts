// `npm run bench:ledger`: what the ledger costs. Exit code 0 only if rows and growth stay within
// the budget.
import { EXIT } from '../../src/cli/cli-failure.ts';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { progressBar } from '../load/progress-bar.ts';
import { LEDGER_ROUNDS, measureLedger } from './measure-ledger.ts';
import { printLedger } from './print-ledger.ts';

const { rows, size, json } = commandLine('npm run bench:ledger --', '--rows 100000 --json')
  .description('Measure the ledger: rows written per event, and time per batch with few and with many rows.')
  .option('--rows <number>', 'rows of the large ledger', wholeNumber(), 1_000_000)
  .option('--size <number>', 'events per batch (default: as wrangler.toml says)', wholeNumber())
  .option('--json', 'print medians, ratios and every round as JSON')
  .parse()
  .opts<{ rows: number; size?: number; json?: true }>();

await runCli(async () => {
  const bar = progressBar('ledger', LEDGER_ROUNDS);
  const figures = await measureLedger(rows, size, bar.show);
  bar.end();
  if (json) console.log(JSON.stringify(figures, null, 2));
  else printLedger(figures);
  return figures.withinBudget.rows && figures.withinBudget.growth ? EXIT.ok : EXIT.failed;
});
