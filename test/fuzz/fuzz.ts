// `npm run fuzz -- --runs 1000000 --seed 1`: plays hostile input against the edge, the consumers
// and the operator's page, in several processes, until a case breaks a promise. The same seed plays
// the same cases, however many processes there are.
import '../simulation/register-runtime.ts';
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';

const { chunksOf, describeFailure, play, PROPERTIES } = await import('./properties.ts');
type PropertyName = (typeof PROPERTIES)[number];

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly workers: number;
  readonly property?: PropertyName;
  readonly path?: string;
  /** Which share of the chunks this process plays; set by its parent. */
  readonly share?: number;
}

const options = commandLine('npm run fuzz --', '--runs 1000 --seed 7')
  .description('Property-based fuzzing of the edge, the consumers and the ops pages.')
  .option('--runs <count>', 'how many cases', wholeNumber(), 10_000)
  .option('--seed <seed>', 'first seed', wholeNumber(0), 1)
  .option('--workers <count>', 'processes', wholeNumber(), availableParallelism())
  .addOption(new Option('--property <name>', 'play only this one').choices(PROPERTIES))
  .option('--path <path>', 'play only this case of the seed, as a failure names it')
  .addOption(new Option('--share <index>').argParser(wholeNumber(0)).hideHelp())
  .parse()
  .opts<Options>();

const startedAt = performance.now();
if (options.share !== undefined)
  process.exitCode = (await playShare(options.share, (cases) => process.send?.(cases))).code;
else {
  const { code, cases } = await playAll();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const verdict = code === 0 ? 'no violation' : 'VIOLATION';
  console.log(
    `${cases.toLocaleString('en')} cases, seed ${options.seed}, ${options.workers} processes, ${seconds} s: ${verdict}`,
  );
  process.exitCode = code;
}

interface Played {
  readonly code: number;
  readonly cases: number;
}

async function playAll(): Promise<Played> {
  let cases = 0;
  const tell = (more: number) => {
    const before = cases;
    cases += more;
    const tenth = options.runs / 10;
    if (!process.stderr.isTTY && Math.floor(cases / tenth) > Math.floor(before / tenth)) {
      process.stderr.write(`${cases.toLocaleString('en')} cases so far\n`);
    }
    if (process.stderr.isTTY)
      process.stderr.write(`\r${cases.toLocaleString('en')} of ${options.runs.toLocaleString('en')} `);
  };
  const { workers } = options;
  if (workers === 1) return { code: (await playShare(0, tell)).code, cases };
  const children = Array.from({ length: workers }, (_, share) => {
    const child = fork(import.meta.filename, [...process.argv.slice(2), '--share', String(share)]);
    child.on('message', (more) => tell(Number(more)));
    return new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  });
  return { code: Math.max(...(await Promise.all(children))), cases };
}

/** Every `workers`th chunk. */
async function playShare(share: number, tell: (cases: number) => void): Promise<Played> {
  const chunks = chunksOf(options.runs, options.seed, options.property);
  let cases = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (index % options.workers !== share) continue;
    const outcome = await play(chunk, options.path);
    cases += outcome.numRuns;
    tell(outcome.numRuns);
    if (!outcome.failed) continue;
    console.log(describeFailure(chunk, outcome));
    return { code: 1, cases };
  }
  return { code: 0, cases };
}
