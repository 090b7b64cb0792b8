// `npm run bench`: how fast, how small, how cheap, in tables that can be pasted into a README. Exit
// code 0 unless a goal is missed by every round.
import { Argument } from 'commander';
import { EXIT, usage } from '../../src/cli/cli-failure.ts';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import { projectRoot } from '../../src/cli/project-root.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { BUNDLE_BUDGET_BYTES, kib, measureBundle } from '../bundle/bundle-size.ts';
import { progressBar } from '../load/progress-bar.ts';
import { deployedBatchSize } from './bench-worker.ts';
import { codeBeside } from './code.ts';
import { UNIT } from './cpu-time.ts';
import { measureLedger } from './ledger.ts';
import { besideTable, ceilingTable, growthTable, judgeLedger } from './ledger-report.ts';
import { measureOps } from './ops.ts';
import { measureSpeeds, type Subject, subjects } from './speed.ts';
import { goalsTable, invocationsTable, judge, operationsTable, partsTable } from './speed-report.ts';
import { measureStartup } from './startup.ts';
import { mean, median, spread, type Verdict, verdictOn } from './statistics.ts';

/** Most that a start may take, in milliseconds of CPU. */
const STARTUP_GOAL_MS = 6;

const WHAT = ['speed', 'size', 'ledger', 'ops'] as const;
type What = (typeof WHAT)[number];

interface Options {
  readonly rounds: number;
  readonly quick?: true;
  readonly only: readonly Subject[];
  readonly sizes?: readonly number[];
  readonly rows?: number;
  readonly beside?: string;
}

const command = commandLine('npm run bench --', 'speed --rounds 3', '--quick')
  .description(`Measure the Worker inside workerd, in ${UNIT}. Ratios are always of the same round.`)
  .addArgument(new Argument('[what...]', 'what to measure').choices(WHAT).default(['speed', 'size', 'ledger']))
  .option('--rounds <number>', 'rounds; of speed, each in a process of its own', wholeNumber(1, 99), 5)
  .option('--quick', 'a tenth of the repetitions: a first look, no result')
  .option('--only <subjects>', `of speed, some: ${subjects.join(',')}`, subjectsIn, subjects)
  .option('--sizes <numbers>', 'of the ledger, events in a batch (default: as deployed, 10 and 50)', sizesIn)
  .option('--rows <number>', 'of the ledger with many rows (1,000,000), and of ops (100,000)', wholeNumber(1_000))
  .option('--beside <code>', 'another checkout (a folder, a branch, a commit), run beside this one')
  .parse();
const options = command.opts<Options>();
const divisor = options.quick ? 10 : 1;
const what = new Set(command.processedArgs[0] as What[]);

await runCli(async () => {
  const verdicts: Verdict[] = [];
  const codes = [projectRoot, ...(options.beside === undefined ? [] : [codeBeside(options.beside)])];
  if (what.has('speed')) verdicts.push(...(await speed(codes)));
  if (what.has('size')) verdicts.push(...(await size()));
  if (what.has('ledger')) verdicts.push(...(await ledger(codes)));
  if (what.has('ops')) verdicts.push(await measureOps(options.rows));
  return verdicts.includes('MISSED') ? EXIT.failed : EXIT.ok;
});

async function speed(codes: readonly string[]): Promise<Verdict[]> {
  const { rounds, only } = options;
  const batch = await deployedBatchSize();
  const bar = progressBar('rounds', rounds);
  const measured = await measureSpeeds({ rounds, codes, only, divisor, batch }, bar.show);
  bar.end();
  const [ours, beside] = measured;
  if (ours === undefined) return [];
  const judged = judge(ours.speeds);
  heading(`Speed: ${UNIT}, medians of ${rounds} rounds; a request is ${(ours.overhead * 100).toFixed(1)} % of a pass`);
  console.log(operationsTable(ours, beside));
  if (judged.length > 0) console.log(`\n${goalsTable(judged)}`);
  console.log(`\n${partsTable(ours.speeds)}\n\n${invocationsTable(ours.invocations, batch)}`);
  return judged.flatMap(({ verdict }) => verdict ?? []);
}

async function size(): Promise<Verdict[]> {
  const startups: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) startups.push(await measureStartup());
  const { gzipped } = await measureBundle();
  const verdicts = [verdictOn([gzipped], BUNDLE_BUDGET_BYTES), verdictOn(startups, STARTUP_GOAL_MS)];
  heading('Size');
  console.log(`bundle    ${kib(gzipped)} gzipped (at most ${kib(BUNDLE_BUDGET_BYTES)}): ${verdicts[0]}`);
  console.log(
    `start-up  ${median(startups)} ms of CPU, mean ${mean(startups).toFixed(1)}, rounds ${spread(startups, 0)} ` +
      `(at most ${STARTUP_GOAL_MS}): ${verdicts[1]}`,
  );
  return verdicts;
}

async function ledger(codes: readonly string[]): Promise<Verdict[]> {
  const { rounds, rows = 1_000_000 } = options;
  const sizes = options.sizes ?? [await deployedBatchSize(), 10, 50];
  const bar = progressBar('ledger', rounds);
  const [ours, beside] = await measureLedger({ rounds, codes, sizes, rows, divisor }, bar.show);
  bar.end();
  if (ours === undefined) return [];
  const goals = judgeLedger(ours, beside);
  heading(`Ledger: ${UNIT}, per event, medians of ${rounds} rounds`);
  console.log(growthTable(ours, rows));
  if (beside) console.log(`\n${besideTable(ours, beside)}`);
  console.log(`\n${goals.map((goal) => `- ${goal.what}: ${goal.verdict}`).join('\n')}`);
  heading('Its ceiling, and 10,000 events in a minute as shares of what each may bear');
  console.log(ceilingTable(ours));
  return goals.map(({ verdict }) => verdict);
}

function heading(text: string): void {
  console.log(`\n${text}\n`);
}

function subjectsIn(text: string): readonly Subject[] {
  const names = text.split(',');
  const unknown = names.find((name) => !subjects.includes(name as Subject));
  if (unknown !== undefined) throw usage(`--only knows no ${unknown}`);
  return subjects.filter((subject) => names.includes(subject));
}

function sizesIn(text: string): readonly number[] {
  return text.split(',').map(wholeNumber(1, 1_000));
}
