// `npm run bench`: how fast, how small, how cheap. Exit code 0 only if every goal is met.
import { Command, InvalidArgumentError } from 'commander';
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

/** Ratios of times, and the most that each may be: twice as fast is half the time. Two without a goal say what can be reached. */
const RATIOS: readonly { what: string; subject: Subject; baseline: Subject; most?: number }[] = [
  { what: 'verify / bare crypto.subtle.verify', subject: 'verify', baseline: 'subtle', most: 1.25 },
  { what: 'verify / standardwebhooks', subject: 'verify', baseline: 'standardwebhooks', most: 1 / 2 },
  { what: 'verify / @octokit/webhooks-methods', subject: 'verify', baseline: 'octokit', most: 1 / 3 },
  { what: 'event accepted / bare route', subject: 'edge', baseline: 'route', most: 1.3 },
  { what: 'bare route that proves and parses / bare route', subject: 'least', baseline: 'route' },
  { what: 'event accepted / that proving route', subject: 'edge', baseline: 'least' },
  { what: 'forgery refused / bare route', subject: 'forged', baseline: 'route', most: 1.3 },
];

const { rounds, ledger, json } = new Command('npm run bench --')
  .description('Measure the Worker inside workerd, timed from outside. Ratios are always of the same run.')
  .option('--rounds <number>', 'processes started, one after the other', wholeNumber, 5)
  .option('--no-ledger', 'leave out the ledger with its million rows')
  .option('--json', 'print medians, ratios and every round as JSON')
  .parse()
  .opts<{ rounds: number; ledger: boolean; json?: true }>();

/** What the bundle should come down to, gzipped, in bytes. The check's budget is above it while the goal is missed. */
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
    console.log(`\nbundle      ${kib(bundle.gzipped)} gzipped (at most ${kib(BUNDLE_GOAL_BYTES)}): ${verdict(small)}`);
    console.log(`start-up    ${mean(startups).toFixed(1)} ms of CPU, the mean (rounds: ${list(startups, 0)})\n`);
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
  return small && withinBudget && results.every(({ met }) => met !== false) ? 0 : 1;
});

async function ledgerFigures() {
  const bar = progressBar('ledger', LEDGER_ROUNDS);
  const figures = await measureLedger(LEDGER_ROWS, undefined, bar.show);
  bar.end();
  return figures;
}

function printSpeeds(speeds: Speeds): void {
  console.log(`${'microseconds per operation'.padEnd(48)}${'median'.padStart(7)}   rounds`);
  for (const subject of subjects) {
    const middle = median(speeds[subject]).toFixed(1).padStart(7);
    console.log(`${NAMES[subject].padEnd(48)}${middle}   ${list(speeds[subject], 1)}`);
  }
}

function printResults(results: readonly (Comparison & { what: string; most?: number; met?: boolean })[]): void {
  console.log(`\n${'ratio of times'.padEnd(48)}${'median'.padStart(7)}${'at most'.padStart(9)}          rounds`);
  for (const { what, ratio, most, met, rounds: each } of results) {
    const goal = (most?.toFixed(2) ?? '').padStart(9);
    const judged = (met === undefined ? '' : verdict(met)).padEnd(6);
    console.log(`${what.padEnd(48)}${ratio.toFixed(2).padStart(7)}${goal}   ${judged} ${list(each, 2)}`);
  }
}

function verdict(met: boolean): string {
  return met ? 'met' : 'MISSED';
}

function list(numbers: readonly number[], digits: number): string {
  return numbers.map((number) => number.toFixed(digits)).join(' ');
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 99.');
  return Number(text);
}
