// `npm run bench:ledger`: what the ledger costs, measured on the real object in workerd: rows written per event, and how
// long a batch takes with few and with many events on record. Exit code 0 only if both stay within the budget.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';
import { projectRoot } from './project-root.ts';
import { runCli } from './run-cli.ts';
import { offlineEnvironment } from './wrangler.ts';

const FEW = 1_000;
/** Rows added by one call: a statement may not hold the object for minutes. */
const FILL_STEP = 50_000;
/** A measurement is one request for this many batches, so that the way to the Worker hardly counts. */
const BATCHES = 10;
const ROUNDS = 15;

const MOST_ROWS_PER_EVENT = 3;
const MOST_GROWTH = 1.2;

const { rows, size } = new Command('npm run bench:ledger --')
  .description('Measure the ledger: rows written per event, and time per batch with few and with many rows.')
  .option('--rows <number>', 'rows of the large ledger', Number, 1_000_000)
  .option('--size <number>', 'events per batch', Number, 50)
  .parse()
  .opts<{ rows: number; size: number }>();

/** `ledger` names one of several. */
type Call = (route: string, parameters: Record<string, number>) => Promise<unknown>;

interface Times {
  /** Milliseconds per batch, medians. */
  readonly claimNew: number;
  readonly settleNew: number;
  readonly claimKnown: number;
  /** Milliseconds for one round of the watchdog. */
  readonly watch: number;
}

type Samples = Record<keyof Times, number[]>;

await runCli(async () => {
  const bench = await startBench();
  try {
    const single = (await bench.call('/rows', { ledger: 0, size: 1 })) as RowsWritten;
    const batch = (await bench.call('/rows', { ledger: 0, size })) as RowsWritten;
    console.log('Rows written per event that succeeds at first try, claim and settle together');
    console.log(
      `  alone: ${single.perEvent}    in a batch of ${size}: ${batch.perEvent}    a copy: ${batch.perCopy}\n`,
    );

    const filling = performance.now();
    await fill(bench.call, FEW);
    await fill(bench.call, rows);
    console.log(
      `(${rows.toLocaleString('en')} rows filled in ${Math.round((performance.now() - filling) / 1000)} s)\n`,
    );

    const samples = { few: noSamples(), many: noSamples() };
    // Turn by turn, so that a busy machine slows both; and one round more than counts, because the first finds caches cold.
    for (let round = 0; round <= ROUNDS; round += 1) {
      await measure(bench.call, FEW, samples.few);
      await measure(bench.call, rows, samples.many);
    }
    const [few, many] = [mediansOf(samples.few), mediansOf(samples.many)];
    print(few, many);

    const kept = Math.max(single.perEvent, batch.perEvent) <= MOST_ROWS_PER_EVENT;
    const flat = Math.max(many.claimNew / few.claimNew, many.claimKnown / few.claimKnown) <= MOST_GROWTH;
    console.log(`\nAt most ${MOST_ROWS_PER_EVENT} rows per event: ${kept ? 'yes' : 'NO'}`);
    console.log(`Claims at most ${MOST_GROWTH} times as slow: ${flat ? 'yes' : 'NO'}`);
    return kept && flat ? 0 : 1;
  } finally {
    await bench.close();
  }
});

interface RowsWritten {
  readonly perEvent: number;
  readonly perCopy: number;
}

async function fill(call: Call, total: number): Promise<void> {
  for (let filled = FILL_STEP; filled < total; filled += FILL_STEP)
    await call('/fill', { ledger: total, total: filled });
  await call('/fill', { ledger: total, total });
}

/** One round on the ledger that holds `total` rows; it finds and leaves it so. */
async function measure(call: Call, total: number, samples: Samples): Promise<void> {
  const on = { ledger: total, size, batches: BATCHES };
  const timed = async (name: keyof Samples, route: string, times: number) => {
    const startedAt = performance.now();
    await call(route, on);
    samples[name].push((performance.now() - startedAt) / times);
  };
  const fresh = (await call('/prepare-new', on)) as { batches: number };
  await timed('claimNew', '/claim', fresh.batches);
  await timed('settleNew', '/settle', fresh.batches);
  const known = (await call('/prepare-known', on)) as { batches: number };
  await timed('claimKnown', '/claim', known.batches);
  await timed('watch', '/watch', 1);
  await call('/trim', { ledger: total, total });
}

function noSamples(): Samples {
  return { claimNew: [], settleNew: [], claimKnown: [], watch: [] };
}

function mediansOf(samples: Samples): Times {
  const times = Object.entries(samples).map(([name, values]) => [name, median(values.slice(1))]);
  return Object.fromEntries(times) as Times;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(few: Times, many: Times): void {
  const names: Record<keyof Times, string> = {
    claimNew: `claim ${size} new events`,
    settleNew: `settle ${size} events`,
    claimKnown: `claim ${size} known events`,
    watch: 'one watchdog round',
  };
  const count = (number: number) => `${number.toLocaleString('en')} rows`;
  console.log(
    ['ms, median'.padEnd(24), count(FEW).padStart(16), count(rows).padStart(16), 'ratio'.padStart(8)].join(''),
  );
  for (const [key, name] of Object.entries(names) as [keyof Times, string][]) {
    const cells = [few[key].toFixed(2), many[key].toFixed(2)].map((cell) => cell.padStart(16));
    console.log([name.padEnd(24), ...cells, (many[key] / few[key]).toFixed(2).padStart(8)].join(''));
  }
}

/** Starts the bench's Worker on a free port, with storage that goes when this process does. */
async function startBench(): Promise<{ readonly call: Call; readonly close: () => Promise<void> }> {
  // Read by wrangler when it is loaded, so set first.
  Object.assign(process.env, offlineEnvironment, { WRANGLER_LOG: 'error' });
  const { createTestHarness, unstable_readConfig } = await import('wrangler');
  const directory = mkdtempSync(join(tmpdir(), 'vastai-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

  const { compatibility_date, durable_objects, exports, queues } = unstable_readConfig({
    config: join(projectRoot, 'wrangler.toml'),
  });
  const main = join(projectRoot, 'test/bench/ledger-worker.ts');
  // The watchdog must be able to send; nobody consumes.
  const producers = { producers: queues.producers };
  const config = { name: 'bench', main, compatibility_date, durable_objects, exports, queues: producers };
  const configPath = join(directory, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify(config));

  const server = createTestHarness({ root: directory, workers: [{ configPath }] });
  const { url } = await server.listen();
  const call: Call = async (route, parameters) => {
    const target = new URL(route, url);
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, String(value));
    const response = await server.fetch(target);
    if (!response.ok) throw new Error(`${route}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    return response.json();
  };
  return { call, close: () => server.close() };
}
