// `npm run cost`: what a mix of deliveries costs on Cloudflare, counted by sending it through the
// real code.
import '../simulation/register-runtime.ts';
import { commandLine, share, wholeNumber } from '../../src/cli/command-line.ts';
import { PATROL_MAX_INSTANCES } from '../../src/limits.ts';
import { markdownTable } from '../bench/markdown.ts';
import { billOf, dollarsByVolume, invocationLines, monthlyDollars } from './bill.ts';
import type { Driven, Mix } from './drive.ts';
import { PRICES_AS_OF, prices, SOURCES } from './prices.ts';
import { tableOf } from './table.ts';

const { drive } = await import('./drive.ts');
const { drivePatrol } = await import('./patrol-day.ts');
const { startRuntime } = await import('../platform/runtime.ts');
const { describeReader, followADay } = await import('./reader.ts');

/** Small ones as well: there the watchdog's rounds weigh more than the events. */
const ACCOUNTS = [30, 300, 3_000];

/** Of an object's memory, as it is billed; and what the Free plan carries in a day. */
const GIGABYTES = 0.128;
const FREE_GB_SECONDS = 13_000;

const options = commandLine('npm run cost --', '--events 500', '--accounts')
  .description('Count what a day of events uses of each billed resource, and price it.')
  .option('--events <number>', 'events in the day', wholeNumber(1, 999_999), 3_000)
  .option('--duplicates <share>', 'of the events, how many arrive twice', share, 0.05)
  .option('--forgeries <share>', 'forged requests per event', share, 0.05)
  .option('--retries <share>', 'of the events, how many fail their first try', share, 0.02)
  .option('--batch <size>', 'events that arrive at a time, and so make a batch', wholeNumber(1, 999_999), 1)
  .option('--without-kv', 'as if KV were out all day', false)
  .option('--chats', 'handlers tell a chat of each event, and each is about another instance', false)
  .option(
    '--accounts',
    `price accounts of ${ACCOUNTS.map((events) => events.toLocaleString('en')).join(', ')} events a day`,
  )
  .option('--json', 'print JSON')
  .parse()
  .opts<Mix & { accounts?: true; json?: true }>();

const { json, accounts, ...mix } = options;
if (accounts) await printAccounts();
else await printBill();

/** Nothing can be printed while the runtime's clock and console are in place. */
async function count(changes: Partial<Mix> = {}): Promise<Driven> {
  const runtime = startRuntime();
  return drive(runtime, { ...mix, ...changes }).finally(() => runtime.restore());
}

async function printBill(): Promise<void> {
  const counts = await count();
  const bill = billOf(counts, mix.events, await count({ withoutKv: true }));
  if (json) {
    console.log(JSON.stringify({ mix, counts, bill, pricesAsOf: PRICES_AS_OF, sources: SOURCES }, null, 2));
    return;
  }
  console.log(`${mix.events.toLocaleString('en')} events over a day, ${shares()}\n`);
  console.log(tableOf(bill));
  const { resource, eventsPerDay } = bill.firstToStop;
  console.log(
    `\nThe Free plan carries ${eventsPerDay.toLocaleString('en')} such events a day; ` +
      `${prices[resource].name.toLowerCase()} run out first.`,
  );
  console.log('KV giving out stops nothing: a copy then costs a queue message. Log lines beyond are dropped.');
  printLogs(counts);
  if (!mix.chats) printTold(counts, await count({ chats: true }));
  const runtime = startRuntime();
  const reader = await followADay(runtime).finally(() => runtime.restore());
  console.log(describeReader(reader));
  await printPatrol();
  console.log('Not counted: rows read ($0.001 a million), storage, CPU time, and what your handlers call.');
  console.log(`Prices of ${PRICES_AS_OF}, Paid plan, above what is included: ${SOURCES[0]} and the like.`);
}

/** What remembering what was told adds, for each event that names an instance. */
function printTold(without: Driven, withChats: Driven): void {
  const more = (resource: 'objectRequests' | 'rowsWritten') => (withChats[resource] - without[resource]) / mix.events;
  const [calls, rows] = [more('objectRequests'), more('rowsWritten')];
  const dollars = calls * prices.objectRequests.dollarsPerMillion + rows * prices.rowsWritten.dollarsPerMillion;
  console.log(
    `Told to chats, an event about an instance takes ${calls.toFixed(3)} object requests and ${rows.toFixed(3)} rows ` +
      `written more, $${dollars.toFixed(2)} a million: who was told of what is remembered for a week.`,
  );
}

/** What patrol adds a day, and its share of the Free plan. */
async function printPatrol(): Promise<void> {
  for (const instances of [10, PATROL_MAX_INSTANCES]) {
    const runtime = startRuntime();
    const day = await drivePatrol(runtime, instances).finally(() => runtime.restore());
    const shareOf = (used: number, free: number) => `${((100 * used) / free).toFixed(1)} %`;
    const rows = `${day.rowsWritten} rows written (${shareOf(day.rowsWritten, prices.rowsWritten.freePerDay)})`;
    console.log(
      `Patrol of ${instances} instances, if a key is set: ${day.looks} looks a day, ${day.calls} calls to Vast.ai, ` +
        `${day.objectRequests} object requests (${shareOf(day.objectRequests, prices.objectRequests.freePerDay)} ` +
        `of the Free plan), ${rows}, ` +
        `${Math.round(day.seconds * GIGABYTES)} GB-s awake (${shareOf(day.seconds * GIGABYTES, FREE_GB_SECONDS)}).`,
    );
  }
}

/** What invocation logs would add, and what all lines cost by volume. */
function printLogs(counts: Driven): void {
  const more = invocationLines(counts);
  const perMillion = (dollars: number) => ((dollars / mix.events) * 1e6).toFixed(2);
  const byVolume = (lines: number) => perMillion(dollarsByVolume(lines, counts.logBytes));
  console.log(
    `With invocation logs there would be ${(more / mix.events).toFixed(3)} lines more per event, ` +
      `$${perMillion((more * prices.logLines.dollarsPerMillion) / 1e6)} a million.`,
  );
  console.log(
    `From 1 December 2026 on, logs are billed by volume: some $${byVolume(counts.logLines)} a million ` +
      `(with invocation logs $${byVolume(counts.logLines + more)}), if each line is a kilobyte longer than ours.`,
  );
}

async function printAccounts(): Promise<void> {
  const rows: string[][] = [];
  for (const events of ACCOUNTS) {
    const counts = await count({ events });
    const { dollarsPerMillionEvents } = billOf(counts, events);
    rows.push([events.toLocaleString('en'), dollarsPerMillionEvents.toFixed(2), monthlyDollars(counts).toFixed(2)]);
  }
  console.log(`Accounts by their events a day, ${shares()}\n`);
  console.log(markdownTable(['events a day', '$ per million', '$ a month, all in'], rows, [0, 1, 2]));
  console.log('\nA month on the Paid plan: its $5, and what is above what they include. On the Free plan: nothing.');
}

function shares(): string {
  const percent = (part: number) => `${Math.round(part * 1_000) / 10} %`;
  return (
    `${percent(mix.duplicates)} twice, ${percent(mix.forgeries)} forgeries, ` +
    `${percent(mix.retries)} retried, batches of ${mix.batch}${mix.withoutKv ? ', without KV' : ''}` +
    `${mix.chats ? ', told to a chat' : ''}`
  );
}
