// Measures the real ledger object in workerd: rows written per event, and what an event costs with
// few and with many events on record. Turn by turn and each first in every other round, so that a
// busy machine slows both and neither profits from its place.
import { type BenchWorker, startBenchWorker } from './bench-worker.ts';
import { median } from './statistics.ts';

export const FEW_ROWS = 1_000;

/** Rows added by one call: a statement may not hold the object for minutes. */
const FILL_STEP = 50_000;
/** One request works on this many events, so that it hardly counts itself. */
const EVENTS_AT_ONCE = 1_000;

export const operations = ['claimNew', 'settle', 'claimKnown'] as const;
export type Operation = (typeof operations)[number];

/** Microseconds per event, a value for each round. */
export type PerEvent = Readonly<Record<Operation, number[]>>;

export interface LedgerFigures {
  /** Of an event that succeeds at first try, claim and settle together; and of a copy of it. */
  readonly rowsWritten: { readonly alone: RowsWritten; readonly batched: RowsWritten };
  readonly few: Samples;
  readonly many: Samples;
}

interface Samples {
  /** By the size of a batch. */
  readonly perEvent: ReadonlyMap<number, PerEvent>;
  /** Milliseconds of a round of the watchdog. */
  readonly watch: number[];
}

interface RowsWritten {
  readonly perEvent: number;
  readonly perCopy: number;
}

export interface LedgerOptions {
  readonly rounds: number;
  /** Roots of the code to measure (see code.ts), run beside each other. */
  readonly codes: readonly string[];
  /** Events in a batch. */
  readonly sizes: readonly number[];
  /** Rows of the large ledger. */
  readonly rows: number;
  /** By how much the repetitions are cut: for a first look, and for tests. */
  readonly divisor: number;
}

/** @returns One for each of `codes`. */
export async function measureLedger(
  { rounds, codes, sizes, rows, divisor }: LedgerOptions,
  onRound: (done: number) => void,
): Promise<readonly LedgerFigures[]> {
  const benches: Bench[] = [];
  try {
    for (const code of codes) benches.push(await openBench(code, sizes, rows));
    // One round more than counts, because the first finds caches cold.
    for (let round = 0; round <= rounds; round += 1) {
      const turn = <Item>(items: readonly Item[]) => (round % 2 === 0 ? items : items.toReversed());
      for (const size of sizes) {
        for (const side of turn(['few', 'many'] as const)) {
          for (const bench of turn(benches)) {
            const total = side === 'few' ? FEW_ROWS : rows;
            await measure(bench.worker, total, size, EVENTS_AT_ONCE / divisor, bench[side]);
          }
        }
      }
      onRound(round);
    }
    for (const { few, many } of benches) for (const samples of [few, many]) dropFirst(samples);
    return benches;
  } finally {
    for (const { worker } of benches) await worker.close();
  }
}

interface Bench extends LedgerFigures {
  readonly worker: BenchWorker;
}

async function openBench(code: string, sizes: readonly number[], rows: number): Promise<Bench> {
  const worker = await startBenchWorker('ledger-worker.ts', code);
  const rowsOf = async (size: number) => JSON.parse(await worker.get('/rows', { ledger: 0, size })) as RowsWritten;
  const rowsWritten = { alone: await rowsOf(1), batched: await rowsOf(sizes[0] ?? 1) };
  for (const total of [FEW_ROWS, rows]) {
    for (let filled = FILL_STEP; filled < total; filled += FILL_STEP) {
      await worker.get('/fill', { ledger: total, total: filled });
    }
    await worker.get('/fill', { ledger: total, total });
  }
  return { worker, rowsWritten, few: noSamples(sizes), many: noSamples(sizes) };
}

/** One round on the ledger that holds `total` rows; it finds and leaves it so. */
async function measure(worker: BenchWorker, total: number, size: number, events: number, samples: Samples) {
  const on = { ledger: total, size, batches: Math.ceil(events / size) };
  const around = await worker.time('/nothing', on);
  const timed = async (operation: Operation, route: string, count: number) => {
    const taken = (await worker.time(route, on)) - around;
    samples.perEvent.get(size)?.[operation].push((taken / count) * 1_000);
  };
  const prepared = async (route: string) => Number(await worker.get(route, on)) * size;
  const fresh = await prepared('/prepare-new');
  await timed('claimNew', '/claim', fresh);
  await timed('settle', '/settle', fresh);
  await timed('claimKnown', '/claim', await prepared('/prepare-known'));
  samples.watch.push((await worker.time('/watch', on)) - around);
  await worker.get('/trim', { ledger: total, total });
}

function noSamples(sizes: readonly number[]): Samples {
  return { perEvent: new Map(sizes.map((size) => [size, { claimNew: [], settle: [], claimKnown: [] }])), watch: [] };
}

function dropFirst({ perEvent, watch }: Samples): void {
  // One for each size.
  watch.splice(0, perEvent.size);
  for (const samples of perEvent.values()) for (const operation of operations) samples[operation].shift();
}

/** Claim and settle of an event together, round by round. */
export function claimAndSettle({ claimNew, settle }: PerEvent): readonly number[] {
  return claimNew.map((claim, round) => claim + (settle[round] ?? Number.NaN));
}

/** Events a second that one thread can claim and settle: a ledger is one thread. */
export function ceilingOf(samples: PerEvent): number {
  return 1e6 / median(claimAndSettle(samples));
}
