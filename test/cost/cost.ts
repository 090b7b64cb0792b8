// `npm run cost`: what a mix of deliveries costs on Cloudflare, counted by sending it through the
// real code.
import '../simulation/register-runtime.ts';
import { commandLine, share, wholeNumber } from '../../src/cli/command-line.ts';
import { billOf } from './bill.ts';
import { PRICES_AS_OF, prices, SOURCES } from './prices.ts';
import { tableOf } from './table.ts';

const { drive } = await import('./drive.ts');
const { startRuntime } = await import('../platform/runtime.ts');

const options = commandLine('npm run cost --', '--events 500')
  .description('Count what a day of events uses of each billed resource, and price it.')
  .option('--events <number>', 'events in the day', wholeNumber(1, 999_999), 3_000)
  .option('--duplicates <share>', 'of the events, how many arrive twice', share, 0.05)
  .option('--forgeries <share>', 'forged requests per event', share, 0.05)
  .option('--retries <share>', 'of the events, how many fail their first try', share, 0.02)
  .option('--batch <size>', 'events that arrive at a time, and so make a batch', wholeNumber(1, 999_999), 1)
  .option('--without-kv', 'as if KV were out all day', false)
  .option('--json', 'print JSON')
  .parse()
  .opts<{
    events: number;
    duplicates: number;
    forgeries: number;
    retries: number;
    batch: number;
    withoutKv: boolean;
    json?: true;
  }>();

const { json, ...mix } = options;
const runtime = startRuntime();
const counts = await drive(runtime, mix);
runtime.time.reset();
const bill = billOf(counts, mix.events, await drive(runtime, { ...mix, withoutKv: true }));
runtime.restore();

if (json) console.log(JSON.stringify({ mix, counts, bill, pricesAsOf: PRICES_AS_OF, sources: SOURCES }, null, 2));
else print();

function print(): void {
  const percent = (part: number) => `${Math.round(part * 1_000) / 10} %`;
  console.log(
    `${mix.events.toLocaleString('en')} events over a day, ${percent(mix.duplicates)} twice, ` +
      `${percent(mix.forgeries)} forgeries, ` +
      `${percent(mix.retries)} retried, batches of ${mix.batch}${mix.withoutKv ? ', without KV' : ''}\n`,
  );
  for (const line of tableOf(bill)) console.log(line);
  const { resource, eventsPerDay } = bill.firstToStop;
  console.log(
    `\nThe Free plan carries ${eventsPerDay.toLocaleString('en')} such events a day; ` +
      `${prices[resource].name.toLowerCase()} run out first.`,
  );
  console.log('KV giving out stops nothing: a copy then costs a queue message.');
  console.log('Not counted: rows read ($0.001 a million), storage, CPU time, and what your handlers call.');
  console.log(`Prices of ${PRICES_AS_OF}, Paid plan, above what is included: ${SOURCES[0]} and the like.`);
}
