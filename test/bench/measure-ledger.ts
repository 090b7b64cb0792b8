// Measures the real ledger object in workerd: rows written per event, and how long a batch takes
// with few and with many events on record. Timed from outside, turn by turn and each first in every
// other round, so that a busy machine slows both and neither profits from its place.
import { performance } from 'node:perf_hooks';
import { startBenchWorker } from './bench-worker.ts';
import { compare, median } from './statistics.ts';

export const FEW_ROWS = 1_000;
export const MOST_ROWS_PER_EVENT = 3;
export const MOST_GROWTH = 1.2;

/** Rows added by one call: a statement may not hold the object for minutes. */
const FILL_STEP = 50_000;
/**
 * A measurement is one request for batches of this many events together, so that the way to the
 * Worker hardly counts.
 */
const EVENTS_AT_ONCE = 500;
/** One round more than counts, because the first finds caches cold. */
export const LEDGER_ROUNDS = 16;

export const operations = ['claimNew', 'settleNew', 'claimKnown', 'watch'] as const;
type Operation = (typeof operations)[number];
/** Milliseconds per batch, and for one round of the watchdog: a value for each round. */
type Samples = Record<Operation, number[]>;

export interface LedgerFigures {
  /** Rows of the large ledger. */
  readonly rows: number;
  /** Events per batch. */
  readonly size: number;
  /** Of an event that succeeds at first try, claim and settle together; and of a copy of it. */
  readonly rowsWritten: { readonly alone: RowsWritten; readonly batched: RowsWritten };
  readonly rounds: { readonly few: Samples; readonly many: Samples };
  /**
   * Medians of the rounds, in milliseconds, and the median of their ratios: how many times as long
   * it takes with many rows.
   */
  readonly medians: Readonly<
    Record<Operation, { readonly few: number; readonly many: number; readonly ratio: number }>
  >;
  /**
   * Whether the design's budget holds: rows written per event, and claims whose cost does not grow.
   */
  readonly withinBudget: { readonly rows: boolean; readonly growth: boolean };
}

interface RowsWritten {
  readonly perEvent: number;
  readonly perCopy: number;
}

/** `ledger` names one of several. */
type Call = (route: string, parameters: Record<string, number>) => Promise<unknown>;

/**
 * @param rows Rows of the large ledger.
 * @param givenSize Events per batch; as many as are deployed where it is left out.
 * @param onRound Called after each of the `LEDGER_ROUNDS` rounds.
 */
export async function measureLedger(
  rows: number,
  givenSize: number | undefined,
  onRound: (done: number) => void,
): Promise<LedgerFigures> {
  const bench = await startBenchWorker('ledger-worker.ts');
  const call: Call = async (route, parameters) => JSON.parse(await bench.get(route, parameters));
  try {
    const size = givenSize ?? bench.batchSize;
    const alone = (await call('/rows', { ledger: 0, size: 1 })) as RowsWritten;
    const batched = (await call('/rows', { ledger: 0, size })) as RowsWritten;
    await fill(call, FEW_ROWS);
    await fill(call, rows);

    const [few, many] = [noSamples(), noSamples()];
    for (let round = 0; round < LEDGER_ROUNDS; round += 1) {
      const measureFew = () => measure(call, FEW_ROWS, size, few);
      const measureMany = () => measure(call, rows, size, many);
      for (const next of round % 2 === 0 ? [measureFew, measureMany] : [measureMany, measureFew]) await next();
      onRound(round + 1);
    }
    for (const samples of [few, many]) for (const operation of operations) samples[operation].shift();
    return { rows, size, ...figuresOf({ alone, batched }, { few, many }) };
  } finally {
    await bench.close();
  }
}

function figuresOf(rowsWritten: LedgerFigures['rowsWritten'], rounds: LedgerFigures['rounds']) {
  const medians = Object.fromEntries(
    operations.map((operation) => {
      const [few, many] = [rounds.few[operation], rounds.many[operation]];
      return [operation, { few: median(few), many: median(many), ratio: compare(many, few).ratio }];
    }),
  ) as LedgerFigures['medians'];
  const withinBudget = {
    rows: Math.max(rowsWritten.alone.perEvent, rowsWritten.batched.perEvent) <= MOST_ROWS_PER_EVENT,
    growth: Math.max(medians.claimNew.ratio, medians.claimKnown.ratio) <= MOST_GROWTH,
  };
  return { rowsWritten, rounds, medians, withinBudget };
}

async function fill(call: Call, total: number): Promise<void> {
  for (let filled = FILL_STEP; filled < total; filled += FILL_STEP)
    await call('/fill', { ledger: total, total: filled });
  await call('/fill', { ledger: total, total });
}

/** One round on the ledger that holds `total` rows; it finds and leaves it so. */
async function measure(call: Call, total: number, size: number, samples: Samples): Promise<void> {
  const on = { ledger: total, size, batches: Math.ceil(EVENTS_AT_ONCE / size) };
  const timed = async (operation: Operation, route: string, times: number) => {
    const startedAt = performance.now();
    await call(route, on);
    samples[operation].push((performance.now() - startedAt) / times);
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
