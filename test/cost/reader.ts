// What a reader of the feed costs that follows all day while nothing comes: each wait is played in
// full, on the clock of the run.
import { MAX_FEED_WAIT_SECONDS } from '../../src/limits.ts';
import { Deployment } from '../platform/deployment.ts';
import type { Runtime } from '../platform/runtime.ts';
import { prices } from './prices.ts';
import { ROWS_OF_EMPTY_PAGE } from './row-scenarios.ts';

const READ_TOKEN = 'read-token-of-the-cost-run';
const HOUR_MS = 3_600_000;
const HOURS = 24;

/** What the Free plan carries a day. */
const FREE_ROWS_READ_PER_DAY = 5_000_000;

/** Of a day. */
export interface ReaderCounts {
  readonly workerRequests: number;
  readonly objectRequests: number;
  readonly rowsRead: number;
}

/** Follows for an hour, which is like any other, and counts a day of it. */
export async function followADay(runtime: Runtime): Promise<ReaderCounts> {
  const deployment = new Deployment(runtime, { READ_TOKEN });
  const headers = { Authorization: `Basic ${btoa(`cost:${READ_TOKEN}`)}` };
  const url = `https://receiver.test/ops/api/feed?after=0&wait=${MAX_FEED_WAIT_SECONDS}`;
  const end = runtime.time.now + HOUR_MS;
  let requests = 0;
  for (; runtime.time.now < end; requests += 1) {
    const answer = await deployment.fetch(new Request(url, { headers }));
    if (answer.status !== 200) throw new Error(`the feed answered ${answer.status}`);
  }
  const objectRequests = deployment.object.requests * HOURS;
  return { workerRequests: requests * HOURS, objectRequests, rowsRead: objectRequests * ROWS_OF_EMPTY_PAGE };
}

/** For people: counts, and their shares of what the Free plan carries. */
export function describeReader({ workerRequests, objectRequests, rowsRead }: ReaderCounts): string {
  const share = (used: number, free: number) => `${used.toLocaleString('en')} (${((used / free) * 100).toFixed(1)} %)`;
  return (
    `A reader of the feed that follows all day: ${share(workerRequests, prices.workerRequests.freePerDay)} Worker ` +
    `requests, ${share(objectRequests, prices.objectRequests.freePerDay)} object requests, ` +
    `${share(rowsRead, FREE_ROWS_READ_PER_DAY)} rows read; in brackets, of the Free plan. Two rows more per event.`
  );
}
