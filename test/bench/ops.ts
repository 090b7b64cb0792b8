// How long the operator's page takes over a full ledger, and whether claims notice how full it is.
// Every answer over HTTP, from a local Worker, by the clock on the wall, as its reader sees it; the
// median of 15, and the slowest.
import { OPS_TOKEN, startWorker } from '../node/browser/start-worker.ts';
import { idOf } from '../workerd/bench/seed.ts';
import { markdownTable } from './markdown.ts';
import { median, type Verdict, verdictOn } from './statistics.ts';

const CHUNK = 5_000;
const DAYS = 25;
const TIMES = 15;
const LIMIT_MS = 100;

type Worker = Awaited<ReturnType<typeof startWorker>>;
type Row = readonly [what: string, taken: readonly number[]];

/** Prints a table. @param rows Events on record. */
export async function measureOps(rows = 100_000): Promise<Verdict> {
  const worker = await startWorker();
  try {
    const measured = [...(await aroundFilling(worker, rows)), ...(await pages(worker, rows))];
    const lines = measured.map(([what, taken]) => [
      what,
      ...[median(taken), Math.max(...taken)].map((ms) => ms.toFixed(1)),
    ]);
    const verdicts = measured.map(([, taken]) => verdictOn(taken, LIMIT_MS));
    console.log(`\nOperator's page over ${rows.toLocaleString('en')} events, ms (each at most ${LIMIT_MS})\n`);
    console.log(markdownTable(['page', 'median', 'slowest'], lines, [1, 2]));
    return verdicts.includes('MISSED') ? 'MISSED' : 'met';
  } finally {
    await worker.close();
  }
}

async function ask(worker: Worker, path: string): Promise<void> {
  const headers = { authorization: `Basic ${btoa(`bench:${OPS_TOKEN}`)}` };
  const answer = await fetch(new URL(path, worker.url), { headers });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
}

async function time(work: () => Promise<unknown>, times = TIMES): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const begin = performance.now();
    await work();
    taken.push(performance.now() - begin);
  }
  return taken;
}

/** Claims before and after the ledger is filled, and what its first reader waits for. */
async function aroundFilling(worker: Worker, rows: number): Promise<Row[]> {
  let claims = 0;
  const claimBatch = () => {
    claims += 1;
    const requests = Array.from({ length: 50 }, (_, index) => {
      const id = `claimed-${claims}-${index}`;
      const event = JSON.stringify({ id, type: 'outbid', data: { subject: 'x'.repeat(60), message: 'y'.repeat(120) } });
      return { messageId: id, id, type: 'outbid', endpoint: 'default', receivedAt: Date.now(), event };
    });
    return worker.ledger.claim(`claim-${claims}`, requests);
  };
  await ask(worker, '/ops');
  await time(claimBatch, 20);
  const empty = await time(claimBatch, 60);
  for (let from = 0; from < rows; from += CHUNK) {
    await worker.ledger.seed(from, Math.min(CHUNK, rows - from), rows, DAYS);
  }
  return [
    ['claim 50 events, empty ledger', empty],
    ['claim 50 events, full ledger', await time(claimBatch, 60)],
    ['first stats after the object has started', await time(() => ask(worker, '/ops/api/stats'), 1)],
  ];
}

async function pages(worker: Worker, rows: number): Promise<Row[]> {
  const id = idOf(Math.floor(rows / 2));
  const paths = {
    stats: '/ops/api/stats',
    metrics: '/ops/metrics',
    'overview page': '/ops',
    'event page': `/ops/event?id=${id}`,
    'list page': '/ops/events',
    'list, far back': `/ops/api/events?cursor=${Math.floor(rows / 10)}`,
    'list, status dead': '/ops/api/events?status=dead',
    'list, status processing': '/ops/api/events?status=processing',
    'list, status processed': '/ops/api/events?status=processed',
    'list, common type': '/ops/api/events?type=outbid',
    'list, rare type': '/ops/api/events?type=a_rare_type',
    'list, unknown type': '/ops/api/events?type=nothing',
    'list, endpoint': '/ops/api/events?endpoint=host',
    'list, status, type and endpoint': '/ops/api/events?status=processed&type=outbid&endpoint=host',
    'search, whole id': `/ops/api/events?q=${id}`,
    'search, two digits of an id': `/ops/api/events?q=${id.slice(0, 2)}`,
    'search, common text': '/ops/api/events?q=instance',
    'search, error text': '/ops/api/events?q=fetch%20failed',
    'search, nothing found': '/ops/api/events?q=nowhere-to-be-found',
    'search, common text and rare type': '/ops/api/events?q=vast&type=a_rare_type',
  };
  const measured: Row[] = [];
  for (const [what, path] of Object.entries(paths)) measured.push([what, await time(() => ask(worker, path))]);
  return measured;
}
