// `npm run bench`: how fast, how small, how cheap. Exit code 0 only if every goal is met.
import { EXIT } from '../../src/cli/cli-failure.ts';
import { columns } from '../../src/cli/columns.ts';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { kib, measureBundle } from '../bundle/bundle-size.ts';
import { progressBar } from '../load/progress-bar.ts';
import { LEDGER_ROUNDS, measureLedger } from './measure-ledger.ts';
import { printLedger } from './print-ledger.ts';
import { measureSpeeds, type Speeds, type Subject, subjects } from './speed.ts';
import { measureStartup } from './startup.ts';
import { type Comparison, compare, mean, median } from './statistics.ts';

const NAMES: Record<Subject, string> = {
  verify: 'verify a notification of 259 bytes',
  subtle: 'bare crypto.subtle.verify, key kept',
  standardwebhooks: 'standardwebhooks: verify',
  octokit: '@octokit/webhooks-methods: verify',
  route: 'bare Hono route: read body, answer JSON',
  least: 'the same that also proves and parses',
  edge: 'the edge, an event accepted',
  forged: 'the edge, a forgery refused',
  consume10: 'consume an event, batches of 10',
  consume100: 'consume an event, batches of 100',
};

/**
 * Ratios of times, and the most that each may be: twice as fast is half the time. Two without a
 * goal say what can be reached.
 */
const RATIOS: readonly { what: string; subject: Subject; baseline: Subject; most?: number }[] = [
  { what: 'verify / bare crypto.subtle.verify', subject: 'verify', baseline: 'subtle', most: 1.25 },
  { what: 'verify / standardwebhooks', subject: 'verify', baseline: 'standardwebhooks', most: 1 / 2 },
  { what: 'verify / @octokit/webhooks-methods', subject: 'verify', baseline: 'octokit', most: 1 / 3 },
  { what: 'event accepted / bare route', subject: 'edge', baseline: 'route', most: 1.3 },
  { what: 'bare route that proves and parses / bare route', subject: 'least', baseline: 'route' },
  { what: 'event accepted / that proving route', subject: 'edge', baseline: 'least' },
  { what: 'forgery refused / bare route', subject: 'forged', baseline: 'route', most: 1.3 },
];

const { rounds, ledger, json } = commandLine('npm run bench --', '--rounds 3 --no-ledger')
  .description('Measure the Worker inside workerd, timed from outside. Ratios are always of the same run.')
  .option('--rounds <number>', 'processes started, one after the other', wholeNumber(1, 99), 5)
  .option('--no-ledger', 'leave out the ledger with its million rows')
  .option('--json', 'print medians, ratios and every round as JSON')
  .parse()
  .opts<{ rounds: number; ledger: boolean; json?: true }>();

/**
 * What the bundle should come down to, gzipped, in bytes. The check's budget is above it while the
 * goal is missed.
 */
const BUNDLE_GOAL_BYTES = 40 * 1024;

/** Of the ledger with many rows. */
const LEDGER_ROWS = 1_000_000;

await runCli(async () => {
  const bar = progressBar('rounds', rounds);
  const speeds = await measureSpeeds(rounds, bar.show);
  bar.end();
  const startups: number[] = [];
  for (let round = 0; round < rounds; round += 1) startups.push(await measureStartup());
  const bundle = await measureBundle();

  const results = RATIOS.map((goal) => {
    const comparison = compare(speeds[goal.subject], speeds[goal.baseline]);
    return { ...goal, ...comparison, ...(goal.most !== undefined && { met: comparison.ratio <= goal.most }) };
  });
  const small = bundle.gzipped <= BUNDLE_GOAL_BYTES;
  if (!json) {
    printSpeeds(speeds);
    printResults(results);
    console.log(`\nbundle    ${kib(bundle.gzipped)} gzipped (at most ${kib(BUNDLE_GOAL_BYTES)}): ${verdict(small)}`);
    console.log(`start-up  ${mean(startups).toFixed(1)} ms of CPU, the mean (rounds: ${list(startups, 0)})\n`);
  }
  const figures = ledger ? await ledgerFigures() : undefined;
  if (json) {
    const medians = Object.fromEntries(subjects.map((subject) => [subject, median(speeds[subject])]));
    const microseconds = { medians, rounds: speeds };
    console.log(JSON.stringify({ microseconds, results, bundle, startups, ledger: figures }, null, 2));
  } else if (figures) {
    printLedger(figures);
  }
  const withinBudget = figures === undefined || (figures.withinBudget.rows && figures.withinBudget.growth);
  return small && withinBudget && results.every(({ met }) => met !== false) ? EXIT.ok : EXIT.failed;
});

async function ledgerFigures() {
  const bar = progressBar('ledger', LEDGER_ROUNDS);
  const figures = await measureLedger(LEDGER_ROWS, undefined, bar.show);
  bar.end();
  return figures;
}

function printSpeeds(speeds: Speeds): void {
  const rows = subjects.map((subject) => [
    NAMES[subject],
    median(speeds[subject]).toFixed(1),
    list(speeds[subject], 1),
  ]);
  printTable([['microseconds per operation', 'median', 'rounds'], ...rows], [1]);
}

function printResults(results: readonly (Comparison & { what: string; most?: number; met?: boolean })[]): void {
  const rows = results.map(({ what, ratio, most, met, rounds: each }) => [
    what,
    ratio.toFixed(2),
    most?.toFixed(2) ?? '',
    met === undefined ? '' : verdict(met),
    list(each, 2),
  ]);
  console.log();
  printTable([['ratio of times', 'median', 'at most', '', 'rounds'], ...rows], [1, 2]);
}

function printTable(rows: readonly (readonly string[])[], right: readonly number[]): void {
  console.log(columns(rows, right).join('\n'));
}

function verdict(met: boolean): string {
  return met ? 'met' : 'MISSED';
}

function list(numbers: readonly number[], digits: number): string {
  return numbers.map((number) => number.toFixed(digits)).join(' ');
}
