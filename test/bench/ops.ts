// How long the operator's page takes over a full ledger, and whether claims notice how full it is.
// `npm run bench:ops -- [rows]`: every answer over HTTP, from a local Worker; the median of 15, and
// the slowest.
import { columns } from '../../src/cli/columns.ts';
import { commandLine, wholeNumber } from '../../src/cli/command-line.ts';
import { OPS_TOKEN, startWorker } from '../node/browser/start-worker.ts';
import { idOf } from '../workerd/bench/seed.ts';

const CHUNK = 5_000;
const DAYS = 25;
const TIMES = 15;
const LIMIT_MS = 100;

const [rows] = commandLine('npm run bench:ops --', '100000')
  .description("Time the operator's page and API over a full ledger.")
  .argument('[rows]', 'events on record', wholeNumber(), 100_000)
  .parse().processedArgs as [number];
const worker = await startWorker();
const headers = { authorization: `Basic ${btoa(`bench:${OPS_TOKEN}`)}` };

async function ask(path: string): Promise<void> {
  const answer = await fetch(new URL(path, worker.url), { headers });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
}

async function time(work: () => Promise<unknown>, times = TIMES) {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const begin = performance.now();
    await work();
    taken.push(performance.now() - begin);
  }
  taken.sort((a, b) => a - b);
  return { median: taken[Math.floor(times / 2)] ?? 0, slowest: taken.at(-1) ?? 0 };
}

const table: string[][] = [['', 'median', 'slowest']];
function report(what: string, { median, slowest }: { median: number; slowest: number }): void {
  table.push([what, `${median.toFixed(1)} ms`, `${slowest.toFixed(1)} ms`]);
}

let claims = 0;
function claimBatch(): Promise<unknown> {
  claims += 1;
  const requests = Array.from({ length: 50 }, (_, index) => {
    const id = `claimed-${claims}-${index}`;
    const event = JSON.stringify({ id, type: 'outbid', data: { subject: 'x'.repeat(60), message: 'y'.repeat(120) } });
    return { messageId: id, id, type: 'outbid', endpoint: 'default', receivedAt: Date.now(), event };
  });
  return worker.ledger.claim(`claim-${claims}`, requests);
}

try {
  await ask('/ops');
  await time(claimBatch, 20);
  report('claim 50 events, empty ledger', await time(claimBatch, 60));
  for (let from = 0; from < rows; from += CHUNK) {
    await worker.ledger.seed(from, Math.min(CHUNK, rows - from), rows, DAYS);
  }
  report(`claim 50 events, ${rows.toLocaleString('en')} rows`, await time(claimBatch, 60));

  report('first stats after the object has started', await time(() => ask('/ops/api/stats'), 1));
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
  const slow: string[] = [];
  for (const [what, path] of Object.entries(paths)) {
    const taken = await time(() => ask(path));
    report(what, taken);
    if (taken.median > LIMIT_MS) slow.push(what);
  }
  console.log(columns(table, [1, 2]).join('\n'));
  if (slow.length > 0) {
    console.log(`Over ${LIMIT_MS} ms: ${slow.join('; ')}`);
    process.exitCode = 1;
  }
} finally {
  await worker.close();
}
