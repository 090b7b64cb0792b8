// `npm run load`: a bounded load against a local Worker, reconciled with its ledger at the end.
// Exit code 0 only if every answer was right, every accepted event was processed once, and nothing
// else is there.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { EXIT, usage } from '../../src/cli/cli-failure.ts';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import { findLocalVar, findSecret } from '../../src/cli/local-secrets.ts';
import { startLocalWorker } from '../../src/cli/local-worker.ts';
import { projectRoot } from '../../src/cli/project-root.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { targetOf } from '../../src/cli/target.ts';
import { ownHandlers } from '../own-handlers.ts';
import { isEachOnceInOrder, startKilledReader } from './killed-reader.ts';
import { type LedgerReader, ledgerReader } from './ledger-reader.ts';
import { type Mix, planOf } from './mix.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import { type Played, play } from './play.ts';
import { progressBar } from './progress-bar.ts';
import { isReconciled, reconcile } from './reconcile.ts';
import { describe, reportOf } from './report.ts';

interface Options extends Mix {
  readonly concurrency: number;
  readonly seed: number;
  readonly timeLimit: number;
  readonly url?: string;
  readonly reader?: true;
  readonly json?: true;
}

/** How long the ledger may stand still, in milliseconds, before the load stops waiting for it. */
const STANDSTILL_MS = 60_000;
const POLL_MS = 1_000;
/** Deliveries sent to an empty Worker, to learn what the way to it takes. */
const TO_NOBODY = 300;

const options = commandLine('npm run load --', '--events 5000 --duplicates 20')
  .description('Send a load to a local Worker, then check its ledger against every answer.')
  .option('--events <number>', 'genuine events', wholeNumber(), 1_000)
  .addOption(inPercent('--duplicates <percent>', 'copies of events sent before', 10))
  .addOption(inPercent('--forgeries <percent>', 'deliveries with a wrong signature', 5))
  .addOption(inPercent('--stale <percent>', 'genuine deliveries from an hour ago', 5))
  .option('--concurrency <number>', 'how many requests at once', wholeNumber(), 16)
  .option('--seed <number>', 'makes the order of sending', wholeNumber(), 1)
  .option('--time-limit <seconds>', 'stops after this long, sent or not', wholeNumber(), 1_800)
  .option('--url <url>', 'a Worker that runs on this machine already (else one is started and stopped)')
  .option('--reader', 'have the feed read meanwhile, by a reader that is killed at random points')
  .option('--json', 'print the result as JSON')
  .parse()
  .opts<Options>();

interface Subject {
  readonly url: URL;
  readonly secret: string;
  readonly opsToken: string;
  /** Opens the feed. */
  readonly readToken: string;
  readonly close: () => Promise<void>;
}

await runCli(async () => {
  const deadline = performance.now() + options.timeLimit * 1_000;
  const subject = options.url === undefined ? await ownWorker() : await runningWorker(options.url);
  try {
    const ledger = ledgerReader(subject.url, subject.opsToken);
    const [place, before] = [await ledger.latest(), (await ledger.counts()).total];
    const plan = planOf(options, options.seed);
    const { events, seed } = options;
    const about = { worker: subject.url.origin, token: subject.readToken, place, events, seed };
    const reader = options.reader && startKilledReader(about);
    if (!options.json) console.log(`${plan.length.toLocaleString('en')} deliveries to ${subject.url.href}`);

    const bar = progressBar('sending', plan.length);
    const played = await play(plan, {
      url: subject.url,
      secret: subject.secret,
      concurrency: options.concurrency,
      idPrefix: `load-${randomBytes(4).toString('hex')}-`,
      deadline,
      onSent: bar.show,
    });
    bar.end();

    const drainStartedAt = performance.now();
    await drain(ledger, before, played, deadline);
    const drainMs = performance.now() - drainStartedAt;
    const rows = await ledger.since(place);
    const reconciliation = reconcile(played.promised, rows);
    const reading = await reader?.finish(played.promised, rows);

    const emptyMs = options.url === undefined ? await latencyOfNothing(deadline) : undefined;
    const report = reportOf(played, reconciliation, drainMs, emptyMs, reading);
    console.log(options.json ? JSON.stringify(report, null, 2) : describe(report));
    const isRight = isReconciled(reconciliation) && played.unexpected.size === 0 && !played.outOfTime;
    return isRight && (reading === undefined || isEachOnceInOrder(reading)) ? EXIT.ok : EXIT.failed;
  } finally {
    await subject.close();
  }
});

async function ownWorker(): Promise<Subject> {
  const made = () => randomBytes(24).toString('base64url');
  const [secret, opsToken, readToken] = [made(), made(), made()];
  const worker = await startLocalWorker({
    secrets: { VASTAI_WEBHOOK_SECRET: secret, OPS_TOKEN: opsToken, READ_TOKEN: readToken },
    // Nobody is told of made-up events.
    change: () => ({ alias: ownHandlers }),
  });
  return { url: new URL(targetOf(worker.url.href).url), secret, opsToken, readToken, close: worker.close };
}

/** The same way, with an empty Worker at its end: what of each latency is not ours. */
async function latencyOfNothing(deadline: number): Promise<Percentiles> {
  const main = join(projectRoot, 'test/workerd/bench/empty-worker.ts');
  const { url, close } = await startLocalWorker({
    change: ({ queues }) => ({ main, queues: { producers: queues.producers }, alias: ownHandlers }),
  });
  try {
    const plan = planOf({ events: TO_NOBODY, duplicates: 0, forgeries: 0, stale: 0 }, options.seed);
    const { concurrency } = options;
    const how = { secret: 'nobody looks', concurrency, idPrefix: 'empty-', deadline, onSent: () => undefined };
    return percentilesOf((await play(plan, { ...how, url: new URL(targetOf(url.href).url) })).latencies);
  } finally {
    await close();
  }
}

async function runningWorker(address: string): Promise<Subject> {
  const target = targetOf(address);
  if (!target.local) throw usage('a load goes to this machine only: --url must be a loopback address');
  const search = { environment: process.env, directory: projectRoot };
  const { secret } = await findSecret(target, search);
  const opsToken = findLocalVar('OPS_TOKEN', search);
  if (opsToken === undefined) throw usage('no OPS_TOKEN: set it in the environment or in .dev.vars');
  return { url: new URL(target.url), secret, opsToken, readToken: opsToken, close: async () => undefined };
}

/**
 * Waits until the ledger has as many events as were promised and none is under way; gives up when
 * nothing moves.
 */
async function drain(ledger: LedgerReader, before: number, { promised }: Played, deadline: number): Promise<void> {
  const bar = progressBar('waiting for the ledger', promised.size);
  let finished = -1;
  let movedAt = performance.now();
  while (performance.now() < deadline && performance.now() - movedAt < STANDSTILL_MS) {
    const { total, unfinished } = await ledger.counts();
    const now = total - before - unfinished;
    if (now !== finished) movedAt = performance.now();
    finished = now;
    bar.show(finished);
    if (finished >= promised.size && unfinished === 0) break;
    await sleep(POLL_MS);
  }
  bar.end();
}

/**
 * An option given in percent of the events and kept as a share, which the help would otherwise show
 * as its default.
 */
function inPercent(flags: string, what: string, byDefault: number): Option {
  return new Option(flags, `${what}, in percent of the events`)
    .argParser((text) => wholeNumber(0, 100)(text) / 100)
    .default(byDefault / 100, String(byDefault));
}
