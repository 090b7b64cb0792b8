// `npm run simulate -- --runs 1000000`: plays runs from consecutive seeds until one breaks a
// promise; then shrinks that one, prints it and says how to see it again. `--seed N` plays a single
// run and prints everything that happened.
import './register-runtime.ts';
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import type { Kind } from './schedule.ts';

const { Choices, kindNames, runSchedule } = await import('./schedule.ts');
const { shrink } = await import('./shrink.ts');

interface Options {
  readonly runs: number;
  readonly from: number;
  readonly workers: number;
  readonly shrink: boolean;
  readonly seed?: number;
  readonly only?: readonly Kind[];
  readonly without?: readonly Kind[];
}

/** After how many runs a long session says that it is alive. */
const PROGRESS_RUNS = 50_000;

const options = commandLine('npm run simulate --', '--runs 1000', '--seed 4711')
  .description('Drives the real edge, consumer and ledger through seeded schedules of failures.')
  .option('--runs <count>', 'how many runs', wholeNumber(), 10_000)
  .option('--from <seed>', 'first seed', wholeNumber(0), 1)
  .option('--seed <seed>', 'play this one run and print its trace', wholeNumber(0))
  .option('--workers <count>', 'processes', wholeNumber(), availableParallelism())
  .option('--only <kinds>', `these kinds of trouble and no others: ${kindNames.join(', ')}`, kinds)
  .option('--without <kinds>', 'no trouble of these kinds', kinds)
  .option('--no-shrink', 'leave a failing run as long as it is')
  .parse()
  .opts<Options>();

if (options.seed !== undefined) process.exitCode = await playOne(options.seed);
else if (options.workers > 1) process.exitCode = await playInParallel();
else process.exitCode = await playMany();

async function playOne(seed: number): Promise<number> {
  const result = await runSchedule(Choices.fromSeed(seed), options.only, options.without);
  console.log(result.trace().join('\n'));
  console.log(result.violation === undefined ? `seed ${seed}: all promises kept` : `seed ${seed}: ${result.violation}`);
  return result.violation === undefined ? 0 : 1;
}

async function playMany(): Promise<number> {
  const startedAt = performance.now();
  let steps = 0;
  for (let seed = options.from; seed < options.from + options.runs; seed += 1) {
    const result = await runSchedule(Choices.fromSeed(seed), options.only, options.without);
    steps += result.steps;
    const played = seed - options.from + 1;
    if (result.violation === undefined) {
      if (played % PROGRESS_RUNS === 0) console.log(`${played} runs from seed ${options.from}: no violation so far`);
      continue;
    }
    console.log(`seed ${seed}: ${result.violation}`);
    const shortest = options.shrink ? await shrink(result, options.only, options.without) : result;
    const trace = shortest.trace();
    console.log(`${trace.length} events lead to: ${shortest.violation}\n${trace.join('\n')}`);
    console.log(`see the whole run with: npm run simulate -- --seed ${seed}${['', ...kindsGiven()].join(' ')}`);
    return 1;
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${options.runs} runs from seed ${options.from}, ${steps} steps, ${seconds} s: no violation`);
  return 0;
}

async function playInParallel(): Promise<number> {
  const share = Math.ceil(options.runs / options.workers);
  const codes = await Promise.all(
    Array.from({ length: options.workers }, (_, index) => {
      const from = options.from + index * share;
      const runs = Math.min(share, options.from + options.runs - from);
      const flags = ['--workers', '1', '--from', String(from), '--runs', String(runs)];
      flags.push(...kindsGiven());
      const child = fork(import.meta.filename, options.shrink ? flags : [...flags, '--no-shrink']);
      return new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
    }),
  );
  return Math.max(...codes);
}

/** The options as they were given, to be typed again. */
function kindsGiven(): string[] {
  const { only, without } = options;
  return [...(only ? ['--only', only.join()] : []), ...(without ? ['--without', without.join()] : [])];
}

function kinds(text: string): Kind[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !(kindNames as string[]).includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`must be among ${kindNames.join(', ')}`);
  return names as Kind[];
}
